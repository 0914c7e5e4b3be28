# What Nixpacks adds to a Python plan by itself: a compiler, and libraries with their headers.
{ machine, pythons, stdenv }:
let
  inherit (builtins) concatStringsSep map;
  folders = concatStringsSep " " (map (root: "${root}/usr") machine.roots);

  common = {
    inherit folders;
    inherit (machine) multiarch;
    closure = ./closure.sh;
    tools = ./tools.sh;
  };

  build = name: attrs: script: stdenv.build name (common // attrs) ". $closure; . $tools; ${script}";

  # One derivation for each output, since nixpkgs keeps headers and libraries of these apart.
  outputs = name: { sonames, headers ? [ ], modules ? [ ], finish ? "" }:
    let
      out = build name { inherit sonames; } "take_libraries $sonames";
      dev = build "${name}-dev" { inherit sonames; package = out; } ''
        mkdir -p $out/lib $out/include
        link_libraries
        take_headers ${concatStringsSep " " headers}
        take_modules ${concatStringsSep " " modules}
        ${finish}
      '';
    in
    out // { inherit out dev; lib = out; };

  compiler = build "gcc-wrapper" { } ''
    mkdir -p $out/bin
    for program in gcc g++ cpp; do
      ln -s /usr/bin/$multiarch-$program $out/bin/$program
    done
    ln -s gcc $out/bin/cc
    ln -s g++ $out/bin/c++
    for program in ar as ld nm objcopy objdump ranlib strip; do
      ln -s /usr/bin/$multiarch-$program $out/bin/$program
    done
  '';

  runtime = build "gcc-lib" { } "take_libraries libstdc++.so.6 libgcc_s.so.1 libgomp.so.1 libatomic.so.1 libquadmath.so.0";
in
{
  stdenv = stdenv // { cc = compiler // { cc = compiler // { lib = runtime; }; }; };
  gcc = compiler;
  zlib = outputs "zlib" { sonames = [ "libz.so.1" ]; headers = [ "zlib.h" "zconf.h" ]; };
  cairo = outputs "cairo" { sonames = [ "libcairo.so.2" ]; headers = [ "cairo" ]; modules = [ "cairo" ]; };
  postgresql_16 = outputs "postgresql" {
    sonames = [ "libpq.so.5" ];
    headers = [ "postgresql" ];
    modules = [ "libpq" ];
    finish = "write_pg_config";
  };
  libmysqlclient = outputs "mariadb-connector-c" {
    sonames = [ "libmariadb.so.3" ];
    headers = [ "mariadb" ];
    modules = [ "libmariadb" "mariadb" ];
  };
  ffmpeg-headless = build "ffmpeg-headless" { } "take_programs ffmpeg ffprobe";
  poppler_utils = build "poppler-utils" { } "take_programs pdftoppm pdftotext pdfinfo pdftocairo";
  # From the index, since Debian's is tied to Debian's own python.
  pipenv =
    let
      python = pythons.python3;
    in
    build "pipenv" (machine.access // { inherit python; }) ''
      export HOME=$TMPDIR
      $python/bin/python -m venv $TMPDIR/venv
      $TMPDIR/venv/bin/pip install --quiet --disable-pip-version-check --target $out/lib/pipenv pipenv
      mkdir -p $out/bin
      printf '%s\n' "#!$python/bin/python" 'import sys' "sys.path.insert(0, \"$out/lib/pipenv\")" \
        'from pipenv import cli' 'sys.exit(cli())' > $out/bin/pipenv
      chmod +x $out/bin/pipenv
    '';
  libGL = outputs "libglvnd" { sonames = [ "libGL.so.1" "libEGL.so.1" ]; };
  glib = outputs "glib" { sonames = [ "libglib-2.0.so.0" "libgthread-2.0.so.0" "libgobject-2.0.so.0" ]; };
}
