#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# What meson installs works where it is, even in another place than it was
# configured for, and goes away again.

bats_require_minimum_version 1.5.0

setup() {
  root=$BATS_TEST_TMPDIR/root
  prefix=$root$CVI_PREFIX
  export HOME=$BATS_TEST_TMPDIR/home XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache
  export XDG_DATA_HOME=$HOME/data XDG_CONFIG_HOME=$HOME/config LC_ALL=C.UTF-8
  mkdir -p "$HOME"
  cd "$BATS_TEST_TMPDIR" || return 1
  # Else another installation's could be found.
  unset CVI_WORKER
  meson install -C "$CVI_BUILD" --no-rebuild --quiet --destdir "$root"
}

@test "everything is where Debian looks for it" {
  for file in "bin/cvi-gst" "libexec/cvi-gst/cvi-gst-worker" \
    "libexec/cvi-gst/cvi-gst-fetch" \
    "$CVI_LIBDIR/gstreamer-1.0/libgstcvicheck.so" \
    share/man/man1/cvi-gst.1 share/man/man1/cvi-gst-scan.1 \
    share/man/man5/cvi-gst.conf.5 share/man/man7/cvicheck.7 \
    share/bash-completion/completions/cvi-gst \
    share/fish/vendor_completions.d/cvi-gst.fish \
    share/doc/cvi-gst/README.md share/doc/cvi-gst/COPYING \
    share/doc/cvi-gst/docs/cli.md; do
    [ -f "$prefix/$file" ] || {
      echo "$file"
      false
    }
  done
  [ -f "$prefix/share/zsh/site-functions/_cvi-gst" ] ||
    [ -f "$prefix/share/zsh/vendor-completions/_cvi-gst" ]
  # Neither tests nor what the build alone needs.
  [ "$(find "$root" -type f -perm -u+x ! -name '*.so' ! -path '*/examples/*' |
    wc -l)" -eq 3 ]
  [ ! -e "$prefix/share/doc/cvi-gst/docs/man" ]
}

@test "the installed program finds its worker and checks files" {
  "$prefix/bin/cvi-gst" doctor | grep -qF "$prefix/libexec/cvi-gst/"
  mkdir videos
  cp "$CVI_MEDIA/h264-aac.mp4" videos/good.mp4
  "$CVI_DAMAGE" cut-70 1 videos/good.mp4 videos/bad.mp4
  run --separate-stderr "$prefix/bin/cvi-gst" scan --format jsonl videos
  [ "$status" -eq 1 ]
  [ "$(jq -r 'select(.path | endswith("/good.mp4")).verdict' <<<"$output")" \
    = healthy ]
  [ "$(jq -r 'select(.path | endswith("/bad.mp4")).verdict' <<<"$output")" \
    = corrupt ]
  run "$prefix/bin/cvi-gst" report --verdict corrupt
  [[ $output == *bad.mp4* ]]
}

@test "through a symbolic link, and in a folder that was moved" {
  mkdir elsewhere
  ln -s "$prefix/bin/cvi-gst" elsewhere/cvi-gst
  elsewhere/cvi-gst doctor | grep -qF "$prefix/libexec/cvi-gst/"
  mv "$prefix" "$root/moved"
  "$root/moved/bin/cvi-gst" doctor | grep -qF "$root/moved/libexec/cvi-gst/"
}

@test "without its worker it says where that should be" {
  rm "$prefix/libexec/cvi-gst/cvi-gst-worker"
  if [ -e "$CVI_PREFIX/libexec/cvi-gst/cvi-gst-worker" ]; then
    skip "there is one installed"
  fi
  run "$prefix/bin/cvi-gst" doctor
  [ "$status" -eq 2 ]
  [[ $output == *"$CVI_PREFIX/libexec/cvi-gst/cvi-gst-worker"* ]]
}

@test "the build folder's program uses the build folder's worker" {
  "$CVI_GST" doctor | grep -qF "$(dirname "$CVI_GST")/cvi-gst-worker"
}

@test "the installed plugin loads" {
  [ "$CVI_SANITIZE" = none ] || skip "gst-inspect-1.0 has no sanitizer"
  GST_REGISTRY=$BATS_TEST_TMPDIR/registry \
    GST_PLUGIN_PATH=$prefix/$CVI_LIBDIR/gstreamer-1.0 \
    gst-inspect-1.0 cvicheck | grep -qF "$prefix/$CVI_LIBDIR"
}

@test "the installed manual is found by name" {
  MANPATH=$prefix/share/man man -w cvi-gst-scan | grep -qF "$prefix"
  MANPATH=$prefix/share/man man -w 5 cvi-gst.conf | grep -qF "$prefix"
}

@test "bash-completion's way to load the completion" {
  XDG_DATA_DIRS=$prefix/share bash -c '
    file=$XDG_DATA_DIRS/bash-completion/completions/cvi-gst
    source "$file" && COMP_LINE="cvi-gst sc" COMP_WORDS=(cvi-gst sc) COMP_CWORD=1
    _cvi_gst
    [ "${COMPREPLY[*]}" = scan ]'
}

@test "uninstalling leaves no file behind" {
  [ "$(find "$root" ! -type d | wc -l)" -gt 10 ]
  ninja -C "$CVI_BUILD" uninstall
  [ "$(find "$root" ! -type d | wc -l)" -eq 0 ]
}

@test "the packages' version is that of the source" {
  [[ $("$CVI_GST" --version) =~ ^cvi-gst\ ([0-9.]+)$ ]]
  [[ $(head -n 1 "$CVI_SOURCE/tools/debian/changelog") == \
    "cvi (${BASH_REMATCH[1]}) "* ]]
}

@test "the Debian packages build with the libraries that the build wants" {
  n=0
  while read -r library; do
    grep -q "^ $library\\b" "$CVI_SOURCE/tools/debian/control" || {
      echo "$library"
      false
    }
    n=$((n + 1))
  done < <(awk '/^\[/ { on = $1 == "[run]" } on && /^lib.*-dev$/ { print $1 }' \
    "$CVI_SOURCE/tools/packages.txt" | grep -v libc6)
  [ "$n" -ge 8 ]
}
