#!/usr/bin/env bats
# cvi - find corrupt video files
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Each house rule lets good source through and finds what breaks it.

setup () {
  tree=$BATS_TEST_TMPDIR/tree
  mkdir -p "$tree"/plugin/core "$tree"/plugin/element "$tree"/tools/pool \
    "$tree"/tools/worker "$tree"/tools/cli "$tree"/tests/pool
  cp "$CVI_SOURCE/.clang-format" "$tree"
}

# source PATH: stdin under the SPDX lines.
source_file () {
  {
    printf '/* cvi - find corrupt video files\n'
    printf ' * SPDX-License-Identifier: LGPL-2.1-or-later\n */\n'
    cat
  } >"$tree/$1"
}

check () {
  run "$CVI_SOURCE/tools/check-source" "$tree"
  echo "$output"
}

# finds LINE TEXT: exactly one complaint, this one.
finds () {
  check
  [ "$status" -eq 1 ]
  [ "$output" = "$1" ]
}

function_of () {
  printf 'static void\nlong_one (void)\n{\n'
  for ((i = 0; i < $1; i++)); do
    printf '  work ();\n'
  done
  printf '}\n'
}

@test "clean source passes" {
  source_file plugin/core/cvi-a.c <<'C'
#include "config.h"
#include "plugin/core/cvi-a.h"

#include <glib.h>

/* Words in comments are free: goto sprintf( */
static const char *const text = "goto { sprintf (";

static void
fine (void)
{
  if (text) {
    g_print ("%s", text);
  }
}
C
  check
  [ "$status" -eq 0 ]
  [ -z "$output" ]
}

@test "a lower layer may not use a higher one" {
  source_file plugin/core/cvi-a.c <<'C'
#include "tools/pool/cvi-wire.h"
C
  finds "plugin/core/cvi-a.c:4: plugin/core/ may not use tools/pool/cvi-wire.h"
}

@test "the command line may not use the worker" {
  source_file tools/cli/cmd.c <<'C'
#include "tools/worker/cvi-pass.h"
C
  finds "tools/cli/cmd.c:4: tools/cli/ may not use tools/worker/cvi-pass.h"
}

@test "the worker uses of the pool only the wire" {
  source_file tools/worker/cvi-a.c <<'C'
#include "tools/pool/cvi-wire.h"
#include "tools/pool/cvi-pool.h"
C
  finds "tools/worker/cvi-a.c:5: tools/worker/ may not use tools/pool/cvi-pool.h"
}

@test "GStreamer stays in the element and the worker" {
  source_file tools/worker/cvi-a.c <<'C'
#include <gst/gst.h>
C
  source_file tools/pool/cvi-a.c <<'C'
#include <gst/gst.h>
C
  finds "tools/pool/cvi-a.c:4: no GStreamer here: <gst/gst.h>"
}

@test "includes start at the root" {
  source_file tools/pool/cvi-a.h <<'C'
#pragma once
C
  source_file tools/pool/cvi-a.c <<'C'
#include "cvi-a.h"
C
  finds 'tools/pool/cvi-a.c:4: include from the root, not "cvi-a.h"'
}

@test "long functions" {
  function_of 80 | source_file tools/pool/cvi-a.c
  check
  [ "$status" -eq 0 ]
  function_of 81 | source_file tools/pool/cvi-a.c
  finds "tools/pool/cvi-a.c:6: long_one has 81 lines, at most 80"
}

@test "class_init may be longer" {
  function_of 100 | sed 's/long_one/a_class_init/' |
    source_file plugin/element/a.c
  check
  [ "$status" -eq 0 ]
  function_of 121 | sed 's/long_one/a_class_init/' |
    source_file plugin/element/a.c
  finds "plugin/element/a.c:6: a_class_init has 121 lines, at most 120"
}

@test "long files" {
  for ((i = 0; i < 497; i++)); do echo "extern int v$i;"; done |
    source_file tools/pool/cvi-a.c
  cp "$tree/tools/pool/cvi-a.c" "$tree/tests/pool/test-a.c"
  echo 'extern int last;' >>"$tree/tests/pool/test-a.c"
  check
  [ "$status" -eq 0 ]
  echo 'extern int last;' >>"$tree/tools/pool/cvi-a.c"
  finds "tools/pool/cvi-a.c:501: 501 lines, at most 500"
}

@test "deep nesting" {
  source_file tools/pool/cvi-a.c <<'C'
static void
deep (void)
{
  for (;;) {
    for (;;) {
      for (;;) {
        for (;;) {
          for (;;) {
            for (;;) {
            }
          }
        }
      }
    }
  }
}
C
  finds "tools/pool/cvi-a.c:6: deep nests 6 deep, at most 5"
}

@test "unformatted source" {
  source_file tools/pool/cvi-a.c <<'C'
static   int a;
C
  finds "tools/pool/cvi-a.c:4: not as clang-format -i writes it"
}

@test "files without the licence" {
  echo 'extern int a;' >"$tree/tools/pool/cvi-a.c"
  finds "tools/pool/cvi-a.c:1: no SPDX line at the top"
}

@test "scripts without the licence" {
  printf '#!/bin/sh\ntrue\n' >"$tree/tools/run"
  finds "tools/run:1: no SPDX line at the top"
}

@test "unfinished work" {
  echo 'A list. TODO: more.' >"$tree/README.md"
  finds "README.md:1: unfinished work"
}

@test "space at the end of a line" {
  printf 'one\ntwo \n' >"$tree/README.md"
  finds "README.md:2: space at the end of the line"
}

@test "no newline at the end" {
  printf 'one\ntwo' >"$tree/README.md"
  finds "README.md:2: no newline at the end of the file"
}

@test "paths of one machine" {
  echo 'cd /home/somebody/cvi' >"$tree/README.md"
  finds "README.md:1: path of one machine"
  echo "cd $tree/tools" >"$tree/README.md"
  finds "README.md:1: path of one machine"
}

@test "unsafe functions" {
  source_file tools/pool/cvi-a.c <<'C'
static void
copy (char *to, const char *from)
{
  strcpy (to, from);
}
C
  finds "tools/pool/cvi-a.c:7: strcpy is not safe"
}

@test "goto outside streaming code" {
  source_file tools/pool/cvi-a.c <<'C'
static void
jump (void)
{
  goto out;
out:
  return;
}
C
  finds "tools/pool/cvi-a.c:7: goto outside streaming code"
}
