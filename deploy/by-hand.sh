#!/bin/sh
# The steps of the Dockerfile without Docker, as root on Debian 12 (whose packages are those of the images): makes the
# file system of the stage `service` in an empty folder and prints its size. Usage: deploy/by-hand.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
out=$1
mkdir "$out"
trap 'rm -rf "$out/packages" "$out/deb"' EXIT

# packages, trimmed
mkdir -p "$out/packages/app" "$out/deb"
cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$out/packages/app/"
(cd "$out/packages/app" && npm ci --omit=dev --omit=optional --ignore-scripts)
cd "$out/packages/app"
find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete
rm -rf node_modules/openai/src

# sources
cp -r "$here/src" "$out/packages/src"
cd "$out/packages/src" && rm -rf dev.ts dev demo.ts demo pinecone-local

# init
cd "$out/deb"
apt-get download tini
dpkg-deb --extract tini_*.deb tini

# service: of Debian the C library, the compiler's two and certificates, as in distroless/cc-debian12
root=$out/root
mkdir -p "$root/app/docs" "$root/usr/local/bin" "$root/etc/ssl/certs" "$root/tmp" "$root/proc" "$root/dev"
node=$here/node_modules/node/bin/node
ldd "$node" | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp --dereference "$library" "$root$library"
done
cp --dereference /lib/x86_64-linux-gnu/libnss_dns.so.2 /lib/x86_64-linux-gnu/libnss_files.so.2 /lib/x86_64-linux-gnu/libresolv.so.2 "$root/lib/x86_64-linux-gnu/"
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp /etc/nsswitch.conf "$root/etc/" 2>/dev/null || true
cp "$out/deb/tini/usr/bin/tini-static" "$root/usr/local/bin/tini"
cp "$node" "$root/usr/local/bin/node"
mv "$out/packages/app/node_modules" "$root/app/node_modules"
cp "$here/package.json" "$root/app/"
cp -r "$here/migrations" "$root/app/migrations"
cp -r "$here/docs/errors" "$root/app/docs/errors"
mv "$out/packages/src" "$root/app/src"
chmod 1777 "$root/tmp"
bytes=$(du --summarize --bytes "$root" | cut -f1)
echo "$root has $((bytes / 1000000)) MB"
test "$bytes" -lt 250000000
