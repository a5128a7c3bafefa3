# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
# smb: URIs, with the real gvfs and Samba, where these are installed.

bats_require_minimum_version 1.5.0
load helpers

need() {
  [ -x /usr/lib/gvfs/gvfsd-smb ] && [ -x /usr/sbin/smbd ] &&
    [ "$(id -u)" -eq 0 ] || skip "gvfs-backends, samba and root are needed"
}

# serve PORT: shares the videos as "pub", and as "priv" with a password.
serve() {
  local folder=$BATS_TEST_TMPDIR/smbd

  mkdir "$folder"
  cat >"$folder/smb.conf" <<CONF
[global]
  smb ports = $1
  interfaces = lo
  bind interfaces only = yes
  map to guest = Bad User
  guest account = root
  private dir = $folder
  lock directory = $folder
  state directory = $folder
  cache directory = $folder
  pid directory = $folder
  ncalrpc dir = $folder/rpc
[pub]
  path = $videos
  guest ok = yes
[priv]
  path = $videos
  valid users = root
CONF
  printf '%s\n' hush17 hush17 |
    smbpasswd -c "$folder/smb.conf" -a -s root >/dev/null
  smbd -s "$folder/smb.conf" -l "$folder" -D 3>&-
  wait_for test -s "$folder/smbd.pid"
  # It listens once it has said who it is.
  wait_for bash -c ": </dev/tcp/127.0.0.1/$1"
}

teardown() {
  local pid=$BATS_TEST_TMPDIR/smbd/smbd.pid

  [ ! -s "$pid" ] || kill "$(cat "$pid")" || true
}

@test "files of a share" {
  need
  cp "$CVI_MEDIA/one-second.mp4" "$videos/a b.mp4"
  "$CVI_DAMAGE" cut-70 1 "$CVI_MEDIA/one-second.mp4" "$videos/cut.mp4"
  # Free a moment ago; Samba itself takes no port 0.
  port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
  serve $port
  at=smb://127.0.0.1:$port
  cat >run <<RUN
"\$CVI_GST" scan --sandbox require --format jsonl -o out -j 1 \
  smb://root:wrong@127.0.0.1:$port/priv/cut.mp4 $at/pub/a%20b.mp4 \
  $at/pub/none/none.mp4 $at/pub/cut.mp4 \
  smb://root:hush17@127.0.0.1:$port/priv/cut.mp4
RUN
  export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
  run --separate-stderr dbus-run-session -- bash run
  [ "$status" -eq 1 ]
  jq -r '.path + " " + .verdict' out | sort >paths
  diff paths - <<PATHS
$at/priv/cut.mp4 corrupt
$at/priv/cut.mp4 unreadable
$at/pub/a%20b.mp4 healthy
$at/pub/cut.mp4 corrupt
$at/pub/none/none.mp4 unreadable
PATHS
  [ "$(jq -r 'select(.verdict == "unreadable") | .findings[0].rule' out |
    sort | xargs)" = "io::permission io::vanished" ]
  [[ $(cat out)$output$stderr != *hush17* ]]
  run --separate-stderr dbus-run-session -- bash run
  [ "$(grep -c '"skipped"' out)" -eq 2 ]
}
