# python27 .. python313 and their pip, from every CPython that the machine has.
{ lib, machine, stdenv }:
let
  inherit (builtins) concatMap foldl' listToAttrs readFile replaceStrings;

  short = version: lib.versions.majorMinor version;
  attribute = version: "python" + replaceStrings [ "." ] [ "" ] (short version);

  marker = ''
    [externally-managed]
    Error=This command has been disabled as it tries to modify the immutable
     `/nix/store` filesystem.

     To use Python with Nix and nixpkgs, have a look at the online documentation:
     <https://nixos.org/manual/nixpkgs/stable/#python>.
  '';

  interpreter = { prefix, version }:
    stdenv.build "python3-${version}"
      {
        inherit marker prefix;
        inherit (machine) multiarch;
        folders = map (root: "${root}/usr") machine.roots;
        short = short version;
        closure = ./closure.sh;
        unstamp = ./unstamp.py;
        passAsFile = [ "marker" ];
      }
      (readFile ./python.sh) // { inherit version prefix; };

  pip = python:
    stdenv.build "python${short python.version}-pip"
      {
        inherit python;
        inherit (python) prefix;
        short = short python.version;
        others = map (source: "${source.prefix}/lib/python${short source.version}") machine.pythons;
      }
      (readFile ./pip.sh);

  entries = source:
    let python = interpreter source; in [
      { name = attribute source.version; value = python; }
      { name = "${attribute source.version}Packages"; value = { inherit python; pip = pip python; }; }
    ];

  all = listToAttrs (concatMap entries machine.pythons);

  newest = attribute (foldl' (_: source: source.version) "" machine.pythons);
  # As at the commit that Nixpacks pins, where it is there.
  default = if all ? python312 then "python312" else newest;
in
all // {
  python3 = all.${default};
  python3Packages = all."${default}Packages";
}
