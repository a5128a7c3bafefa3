# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Sourced by tools/run and tests/run: packages and builds. Needs $root, the
# project's folder. Everything said here goes to stderr.

say () {
  printf '%s\n' "$*" >&2
}

# packages_of SECTION...: the names under these sections of packages.txt.
packages_of () {
  awk -v wanted=" $* " '
    /^\[/ { on = index(wanted, " " substr($1, 2, length($1) - 2) " ") }
    /^[a-z0-9]/ && on { print $1 }' "$root/tools/packages.txt"
}

# missing_packages SECTION...: those that dpkg does not have installed.
missing_packages () {
  # shellcheck disable=SC2046 # one word a package
  set -- $(packages_of "$@")
  # dpkg-query fails when it does not know one of them; awk finds out which.
  { dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null ||
      true; } |
    awk -v names="$*" '
      $1 == "installed" { there[$2] = 1 }
      END {
        count = split(names, name, " ")
        for (i = 1; i <= count; i++)
          if (!(name[i] in there)) print name[i]
      }'
}

# as_root COMMAND...: runs it as root, through sudo where that is needed.
as_root () {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    say "Run this as root, or install sudo: $*"
    return 1
  fi
}

# install_packages SECTION...
install_packages () {
  local missing

  if ! command -v dpkg-query >/dev/null; then
    say "Not a Debian system; expecting there: $(packages_of "$@" | xargs)"
    return 0
  fi
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  # shellcheck disable=SC2086 # one word a package
  set -- $missing
  say "Installing $# packages: $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y \
    --no-install-recommends "$@" >&2
}

# quietly COMMAND...: shows what it said only when it failed.
quietly () {
  local log status=0

  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if [ "$status" -ne 0 ]; then
    say "Failed: $*"
    cat "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}

# configure FOLDER [MESON OPTION...]: sets up a build folder. One that this
# function made for another place or other options is made anew.
configure () {
  local folder=$1 stamp wanted
  shift

  stamp=$folder/.cvi-setup
  wanted="$root $*"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" != "$wanted" ]; then
    rm -rf "$folder"
  fi
  [ ! -f "$folder/build.ninja" ] || return 0
  say "Configuring ${folder#"$root"/}"
  quietly meson setup "$@" "$folder" "$root"
  printf '%s\n' "$wanted" >"$stamp"
}

# build FOLDER [TARGET...]
build () {
  local folder=$1
  shift

  if ! ninja -C "$folder" -n "$@" 2>/dev/null | grep -q 'no work to do'; then
    say "Building in ${folder#"$root"/}"
    quietly ninja -C "$folder" "$@"
  fi
}
