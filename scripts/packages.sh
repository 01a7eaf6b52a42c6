#!/usr/bin/env bash
# Brings the Debian packages the tests need: installs them when it may, otherwise
# names them. The product itself needs none.
set -u
need=()
command -v chromium >/dev/null || need+=(chromium)
command -v zbarimg >/dev/null || need+=(zbar-tools)
command -v node >/dev/null || need+=(nodejs)
command -v python3 >/dev/null || need+=(python3)
command -v slowhttptest >/dev/null || need+=(slowhttptest)
[ ${#need[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${need[@]}" >/dev/null 2>&1 && exit 0
fi
echo "Some tests will be skipped. They need: apt-get install ${need[*]}" >&2
