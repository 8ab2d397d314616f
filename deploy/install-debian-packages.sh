#!/usr/bin/env bash
# Get the Debian packages of one group of debian-packages.txt that are missing here: deploy/install-debian-packages.sh checks|images|compose|browser
# The programs of `checks` are unpacked into build/tools and never installed: that needs no root, and starts no daemon as an installation would.
set -euo pipefail
cd "$(dirname "$0")/.."
group=${1:-}
tools=$PWD/build/tools
# Some programs lie where only root looks.
PATH=$tools/usr/bin:$PATH:/usr/sbin:/sbin:/usr/lib/podman

packages=() programs=()
while read -r of package program _; do
  [ "$of" = "$group" ] || continue
  command -v "$program" >/dev/null || { packages+=("$package"); programs+=("$program"); }
done <deploy/debian-packages.txt
grep -q "^$group " deploy/debian-packages.txt && [ -n "$group" ] || { echo "usage: $0 checks|images|compose|browser" >&2; exit 2; }
[ ${#packages[@]} -gt 0 ] || exit 0

give_up() { echo "missing: ${programs[*]} (Debian: ${packages[*]}); $1" >&2; exit 1; }
command -v apt-get >/dev/null || give_up "there is no apt-get here, install them by other means"
log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [ "$group" = checks ]; then
  # Lists of our own: those of the system are root's, and may be absent.
  mkdir -p "$tools/apt/lists/partial" "$tools/apt/archives/partial"
  apt=(apt-get -qq -o "Dir::State::Lists=$tools/apt/lists" -o "Dir::Cache=$tools/apt" -o APT::Sandbox::User=)
  { "${apt[@]}" update && (cd "$tools/apt/archives" && "${apt[@]}" download "${packages[@]}"); } >"$log" 2>&1 ||
    give_up "apt-get could not fetch them: $(tail -n 1 "$log")"
  for file in "$tools"/apt/archives/*.deb; do dpkg -x "$file" "$tools/apt/unpacked" 2>>"$log"; done
  for program in "${programs[@]}"; do install -D "$tools/apt/unpacked/usr/bin/$program" "$tools/usr/bin/$program"; done
  rm -rf "$tools/apt"
  echo "unpacked into build/tools/usr/bin: ${programs[*]}"
else
  as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || give_up "installing them needs root: sudo apt-get install --no-install-recommends ${packages[*]}"
    as_root=(sudo -n)
  fi
  { "${as_root[@]}" apt-get -qq update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "${packages[@]}"; } \
    >"$log" 2>&1 || give_up "apt-get could not install them: $(tail -n 1 "$log")"
  echo "installed: ${packages[*]}"
fi
