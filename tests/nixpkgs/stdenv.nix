# Derivations whose builder is the machine's own shell.
{ lib, system }:
let
  inherit (builtins) concatMap removeAttrs;

  shell = "/bin/sh";
  path = "/usr/bin:/bin";

  build = name: attrs: script:
    derivation ({
      inherit name system;
      builder = shell;
      args = [ "-eu" "-c" script ];
      PATH = path;
      preferLocalBuild = true;
    } // attrs);

  writeText = name: text: build name { inherit text; passAsFile = [ "text" ]; } ''cp "$textPath" "$out"'';

  coreutils = build "coreutils" { } ''
    mkdir -p $out/bin
    for tool in awk basename bash cat chmod cp cut date diff dirname env expr false find grep head id ln ls mkdir mktemp \
      mv readlink realpath rm rmdir sed sh sleep sort tail tar tee touch tr true uname uniq wc xargs gzip; do
      if [ -e /usr/bin/$tool ]; then ln -s /usr/bin/$tool $out/bin/$tool; fi
    done
  '';

  # What `nix-shell` sources: the search path of the inputs, and the hooks.
  setup = writeText "setup" ''
    PATH=
    for input in ''${nativeBuildInputs-} ''${buildInputs-} $initialPath; do
      if [ -d "$input/bin" ]; then PATH="''${PATH:+$PATH:}$input/bin"; fi
    done
    export PATH
    runHook() { eval "''${!1-}"; }
  '';

  stdenvPackage = build "stdenv" { inherit setup; } ''mkdir $out; cp $setup $out/setup'';

  mkDerivation = attrs:
    build attrs.name ({ stdenv = stdenvPackage; initialPath = [ coreutils ]; } // attrs) (attrs.buildCommand or "mkdir $out");
in
{
  inherit build writeText coreutils mkDerivation;

  runCommand = name: env: buildCommand: mkDerivation (env // { inherit name buildCommand; });

  buildEnv = { name, paths, ... }:
    derivation {
      inherit name;
      system = "builtin";
      builder = "builtin:buildenv";
      manifest = writeText "manifest.nix" "[ ]";
      derivations = concatMap (package: [ "true" (toString (package.meta.priority or 5)) "1" package ]) paths;
    };

  mkShell = attrs:
    mkDerivation (removeAttrs attrs [ "packages" ] // {
      name = attrs.name or "nix-shell";
      nativeBuildInputs = (attrs.packages or [ ]) ++ (attrs.nativeBuildInputs or [ ]);
    });
}
