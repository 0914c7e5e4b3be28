# A small nixpkgs for machines that no binary cache is near: the attributes Nixpacks names for a Python app, made from the
# programs of the machine that builds them. It takes the arguments of the real one, and its pythons behave as the real
# ones do: no pip, a marker that says so, `venv` that works, stdlib under the store.
{ overlays ? [ ], config ? { }, system ? builtins.currentSystem, ... }:
let
  inherit (builtins) foldl';

  machine = import ./machine.nix;

  lib = import ./lib.nix;

  stdenv = import ./stdenv.nix { inherit lib system; };

  pythons = import ./pythons.nix { inherit lib machine stdenv; };

  libraries = import ./libraries.nix { inherit machine pythons stdenv; };

  packages = self: {
    inherit lib stdenv;
    inherit (stdenv) buildEnv mkShell runCommand writeText coreutils;
    bash = self.coreutils;
    bashInteractive = self.coreutils;
    pkgs = self;
  } // libraries // pythons;

  extend = self: foldl' (super: overlay: super // overlay self super) (packages self) overlays;
  result = extend result;
in
result
