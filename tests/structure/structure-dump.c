/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Prints what a structure walk finds in each file named on the command line:
 * a developer's look at walkers, without a pipeline. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "tools/structure/cvi-structure.h"

static void
print_time (const char *label, guint64 ns)
{
  if (ns != CVI_NONE)
    printf (" %s %.6f s", label, (double)ns / 1e9);
}

static void
print_finding (CviFinding *finding, gpointer user_data)
{
  printf ("  %s %s %s", cvi_severity_to_string (finding->severity),
      finding->rule->id, finding->stream ? finding->stream : "-");
  if (finding->offset != CVI_NONE)
    printf (" @%" G_GUINT64_FORMAT, finding->offset);
  print_time ("at", finding->start_ns);
  if (finding->end_ns != finding->start_ns)
    print_time ("to", finding->end_ns);
  printf (": %s\n", finding->message);
  cvi_finding_free (finding);
}

static void
print_stream (const CviStructureStream *stream)
{
  printf ("  %s %s", stream->id, stream->codec ? stream->codec : "-");
  print_time ("from", stream->start_ns);
  print_time ("for", stream->duration_ns);
  print_time ("frame", stream->frame_ns);
  print_time ("last", stream->last_ns);
  if (stream->n_frames != CVI_NONE)
    printf (" frames %" G_GUINT64_FORMAT, stream->n_frames);
  if (stream->n_sync != CVI_NONE)
    printf (" sync %" G_GUINT64_FORMAT, stream->n_sync);
  printf ("%s\n", stream->encrypted ? " encrypted" : "");
}

static gboolean
dump (const char *path)
{
  static const CviStructureCallbacks callbacks = { print_finding, NULL };
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  g_autoptr (CviStructureInfo) info = NULL;

  if (fd < 0) {
    fprintf (stderr, "%s: %s\n", path, g_strerror (errno));
    return FALSE;
  }
  printf ("%s\n", path);
  info = cvi_structure_check (fd, path, &callbacks, NULL);
  close (fd);
  printf (" = %s", info->container ? info->container : "unknown");
  print_time ("for", info->duration_ns);
  printf ("%s\n", info->complete ? "" : " (not finished)");
  for (guint i = 0; i < info->streams->len; i++)
    print_stream (g_ptr_array_index (info->streams, i));
  return TRUE;
}

int
main (int argc, char **argv)
{
  gboolean good = TRUE;

  for (int i = 1; i < argc; i++)
    good = dump (argv[i]) && good;
  return good ? 0 : 1;
}
