# What ./run, ./test and the other scripts share. Sourced; needs bash. $root is the project.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
jobs=$(nproc)

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# A step with its duration, so that a slow one is seen.
step() {
  local name=$1 began=$SECONDS; shift
  say "== $name"
  "$@" || die "failed: $name"
  say "== $name: $((SECONDS - began)) s"
}

# as_root COMMAND...: with sudo where we are not root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
    die "Packages are missing and this is neither root nor is there sudo: $*"
  fi
}

# packages PART...: installs what is missing of those parts, asks the network for nothing when nothing is.
packages() {
  command -v dpkg-query >/dev/null || { say "not Debian: expecting the packages of scripts/packages.txt to be there"; return 0; }
  local part name rest there wanted=() missing=()
  while read -r part name rest; do
    case " $* " in *" $part "*) wanted+=("$name") ;; esac
  done < <(grep -v '^#' scripts/packages.txt)
  there=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
  for name in "${wanted[@]}"; do grep -qx "$name installed" <<<"$there" || missing+=("$name"); done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "installing: ${missing[*]}"
  as_root apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

# configure PRESET [-D...]: only when the build folder has none yet or the given settings differ.
configure() {
  local preset=$1 cache=build/$1/CMakeCache.txt setting name fresh=0; shift
  [ -f "build/$preset/build.ninja" ] || fresh=1
  for setting in "$@"; do
    name=${setting#-D}
    [ -f "$cache" ] && grep -q "^${name%%=*}:[A-Z]*=${name#*=}\$" "$cache" || fresh=1
  done
  [ $fresh -eq 0 ] || cmake --preset "$preset" "$@" >&2
}

# build PRESET TARGET...: quiet unless it fails; progress on a terminal only.
build() {
  local preset=$1 log=build/$1/build.log; shift
  if [ -t 2 ]; then nice -n 5 cmake --build --preset "$preset" -j "$jobs" --target "$@" >&2
  else nice -n 5 cmake --build --preset "$preset" -j "$jobs" --target "$@" >"$log" 2>&1 || { grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -n 60 >&2; return 1; }
  fi
}
