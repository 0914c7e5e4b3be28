# A pip outside the interpreter's prefix, as pythonXYPackages.pip is in nixpkgs.
site=lib/python$short/site-packages
mkdir -p "$out/bin" "$out/$site"

# The pip that came with 3.7 is too old to know externally managed interpreters; that of a later Python still runs on it.
take() {
  for library in "$prefix/lib/python$short" $others; do
    case $short-$library in
      3.7-*/python3.8|*-"$prefix/lib/python$short") ;;
      *) continue ;;
    esac
    if [ "$short" = 3.7 ] && [ "$library" = "$prefix/lib/python3.7" ]; then continue; fi
    if [ -d "$library/site-packages/pip" ]; then
      cp -r "$library/site-packages/pip" "$library"/site-packages/pip-*.dist-info "$out/$site/"
      return
    fi
  done
  for wheel in "$prefix/lib/python$short"/ensurepip/_bundled/pip-*.whl /usr/share/python-wheels/pip-*.whl; do
    if [ -f "$wheel" ]; then
      "$python/bin/python$short" -m zipfile -e "$wheel" "$out/$site"
      return
    fi
  done
  echo "$name: no pip on this machine" >&2
  return 1
}
take
find "$out/$site" -name __pycache__ -prune -exec rm -r {} +
cat > "$out/bin/pip" <<END
#!$python/bin/python$short
import sys
sys.path.insert(0, "$out/$site")
try:
    from pip._internal.cli.main import main
except ImportError:
    from pip._internal import main
sys.exit(main())
END
chmod +x "$out/bin/pip"
ln -s pip "$out/bin/pip${short%.*}"
ln -s pip "$out/bin/pip$short"
