# Where libraries are looked for besides the loader's own folders.
search=${prefix:+$prefix/lib}
for folder in $folders; do search="${search:+$search:}$folder/lib/$multiarch"; done

# add_closure FOLDER FILE...: copies the libraries that the files need into FOLDER and makes them look there; the C library
# and its loader stay the machine's.
add_closure() {
  folder=$1
  shift
  mkdir -p "$folder"
  LD_LIBRARY_PATH=$search ldd "$@" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 }' | sort -u | while read -r library; do
    case ${library##*/} in
      ld-linux*|libc.so.*|libm.so.*|libdl.so.*|libpthread.so.*|librt.so.*|libutil.so.*|libresolv.so.*) continue ;;
    esac
    if [ ! -e "$folder/${library##*/}" ]; then
      cp -L "$library" "$folder/"
      chmod u+w "$folder/${library##*/}"
      patchelf --set-rpath "$folder" "$folder/${library##*/}"
    fi
  done
  for file in "$@"; do
    case $file in "$out"/*) patchelf --set-rpath "$folder" "$file" ;; esac
  done
}
