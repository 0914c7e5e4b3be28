# The two functions of nixpkgs' lib that Nixpacks' expressions call, and what the other files here need.
let
  inherit (builtins) concatStringsSep elemAt filter map splitVersion;
  output = name: package: if package ? ${name} then package.${name} else package;
in
rec {
  makeSearchPath = folder: packages: concatStringsSep ":" (map (package: "${package}/${folder}") packages);
  makeLibraryPath = packages: makeSearchPath "lib" (map (output "lib") packages);
  makeBinPath = packages: makeSearchPath "bin" (map (output "bin") packages);
  versions.majorMinor = version: concatStringsSep "." (map (elemAt (splitVersion version)) [ 0 1 ]);
  optionals = condition: list: if condition then list else [ ];
}
