# Builds an interpreter that does not know where it came from.
library=lib/python$short
mkdir -p "$out/bin" "$out/$library/site-packages" "$out/include"
(cd "$prefix/$library" && tar -ch \
  --exclude=./site-packages --exclude=./dist-packages --exclude=./test --exclude=./tests --exclude='*/test' --exclude='*/tests' \
  --exclude=./idlelib --exclude=./turtledemo --exclude=./EXTERNALLY-MANAGED --exclude='*.a' \
  --exclude='_tkinter*' --exclude='*.opt-1.pyc' --exclude='*.opt-2.pyc' --exclude='*.pyo' .) | tar -x -C "$out/$library"
cp "$markerPath" "$out/$library/EXTERNALLY-MANAGED"
cp -L "$prefix/bin/python$short" "$out/bin/python$short"
for headers in "$prefix/include/python$short"*; do
  if [ -d "$headers" ]; then cp -rL "$headers" "$out/include/"; fi
done
ln -s "python$short" "$out/bin/python${short%.*}"
ln -s "python$short" "$out/bin/python"

# Debian keeps the wheels of ensurepip apart.
if [ -d /usr/share/python-wheels ] && [ "$prefix" = /usr ]; then
  mkdir -p "$out/share"
  cp -r /usr/share/python-wheels "$out/share/"
  sed -i "s|/usr/share/python-wheels|$out/share/python-wheels|" "$out/$library"/ensurepip/__init__.py \
    "$out/$library"/_sysconfigdata*.py
fi

# A distribution's interpreter says `/usr` of everything, so there is nothing to be told apart.
[ "$prefix" = /usr ] || for file in "$out/$library"/_sysconfigdata*.py "$out/$library"/config-*/Makefile; do
  if [ -f "$file" ]; then sed -i "s|$prefix|$out|g" "$file"; fi
done

. "$closure"
add_closure "$out/lib" "$out/bin/python$short" "$out/$library"/lib-dynload/*.so

# The store gives every file the time stamp 1, which would make each compiled module look out of date.
find "$out/$library" -name '*.py' -exec touch -d @1 {} +
"$out/bin/python$short" -S -B "$unstamp" "$out/$library"
