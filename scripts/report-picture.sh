#!/usr/bin/env bash
# Makes docs/report.png: the report of the demo's run ('make demo') as a browser shows
# it, without its tables and plots. Needs chromium.
set -euo pipefail
cd "$(dirname "$0")/.."
run=${1:-build/demo/run}
page=$(mktemp --suffix .html)
trap 'rm -f "$page"' EXIT
bin/coderm report -q "$run" -o "$page"
sed -i 's#</head>#<style>main > section:not(:has(.browse)), .about, \#calls { display: none !important }</style></head>#' "$page"
chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1100,800 \
  --screenshot=docs/report.png "file://$page#p=example/roman_to_int&s=%230&t=7" 2>/dev/null
