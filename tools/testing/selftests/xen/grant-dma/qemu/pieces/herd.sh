#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make a directory with herd7 of a newer Debian, and its C library: herd.sh FETCHED DIR
set -eu
fetched=$1 dir=$2
"$(dirname "$0")/unpack-packages.sh" "$fetched" "$dir/root"
mkdir "$dir/lib"
cp "$dir"/root/usr/lib/*-linux-gnu/*.so* "$dir/lib"
cp "$dir/root/usr/bin/herd7" "$dir/program"
cp -r "$dir/root/usr/share/herdtools7/herd" "$dir/models"
rm -r "$dir/root"
cat >"$dir/herd7" <<'END'
#!/bin/sh
dir=$(dirname "$0")
exec "$dir"/lib/ld-linux-*.so.? --library-path "$dir/lib" "$dir/program" -set-libdir "$dir/models" "$@"
END
chmod +x "$dir/herd7"
