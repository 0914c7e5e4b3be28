# Takes parts of the machine's packages into $out. `folders` are the places to look in, best first.

find_first() {
  for folder in $folders; do
    for candidate in "$folder/$1" "$folder/$2"; do
      if [ -e "$candidate" ]; then echo "$candidate" && return; fi
    done
  done
  echo "$name: neither $1 nor $2 is on this machine" >&2
  return 1
}

take_libraries() {
  mkdir -p "$out/lib"
  for soname in "$@"; do
    source=$(find_first "lib/$multiarch/$soname" "lib/$soname")
    cp -L "$source" "$out/lib/$soname"
    chmod u+w "$out/lib/$soname"
    add_closure "$out/lib" "$out/lib/$soname"
  done
}

take_programs() {
  for program in "$@"; do
    mkdir -p "$out/bin"
    source=$(find_first "bin/$program" "lib/$program")
    cp -L "$source" "$out/bin/$program"
    chmod u+w "$out/bin/$program"
    add_closure "$out/lib" "$out/bin/$program"
  done
}

# libpq.so -> the library of the package itself, so that `-lpq` finds it.
link_libraries() {
  for soname in $sonames; do
    ln -s "$package/lib/$soname" "$out/lib/$soname"
    ln -s "$package/lib/$soname" "$out/lib/${soname%.so.*}.so"
  done
}

take_headers() {
  for header in "$@"; do cp -rL "$(find_first "include/$header" "include/$multiarch/$header")" "$out/include/"; done
}

take_modules() {
  for module in "$@"; do
    source=$(find_first "lib/$multiarch/pkgconfig/$module.pc" "share/pkgconfig/$module.pc")
    mkdir -p "$out/lib/pkgconfig"
    sed "s|^prefix=.*|prefix=$out|; s|^libdir=.*|libdir=$out/lib|; s|^includedir=.*|includedir=$out/include|" \
      "$source" > "$out/lib/pkgconfig/$module.pc"
  done
}

# pg_config as psycopg's build asks it.
write_pg_config() {
  mkdir -p "$out/bin"
  cat > "$out/bin/pg_config" <<END
#!/bin/sh
case \${1-} in
  --includedir*) echo $out/include/postgresql ;;
  --pkgincludedir) echo $out/include/postgresql ;;
  --libdir|--pkglibdir) echo $out/lib ;;
  --bindir) echo $out/bin ;;
  --version) echo "PostgreSQL 16.4" ;;
  --ldflags) echo -L$out/lib ;;
  --cppflags|--cflags|--libs) echo ;;
  *) echo "pg_config: not known here: \${1-}" >&2; exit 1 ;;
esac
END
  chmod +x "$out/bin/pg_config"
}
