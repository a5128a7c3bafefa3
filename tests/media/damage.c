/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/media/cvi-damage.h"

#include <stdlib.h>
#include <string.h>

static void
print_usage (void)
{
  g_printerr ("usage: damage KIND SEED IN OUT   write a damaged copy, print "
              "where as JSON\n"
              "       damage --list             names of the kinds\n"
              "       damage --help             what each kind does\n");
}

static void
print_kinds (gboolean described)
{
  const char *const *names = cvi_damage_kinds ();

  for (gsize i = 0; names[i]; i++) {
    if (described)
      g_print ("  %-12s %s\n", names[i], cvi_damage_describe (names[i]));
    else
      g_print ("%s\n", names[i]);
  }
}

/* "offset" and "length" span all places, "spots" has each of them. */
static void
print_where (const char *kind, guint64 seed, const GArray *spots)
{
  const CviDamageSpot *first = &g_array_index (spots, CviDamageSpot, 0);
  const CviDamageSpot *last =
      &g_array_index (spots, CviDamageSpot, spots->len - 1);

  g_print ("{\"kind\": \"%s\", \"seed\": %" G_GUINT64_FORMAT
           ", \"offset\": %" G_GUINT64_FORMAT ", \"length\": %" G_GUINT64_FORMAT
           ", \"spots\": [",
      kind, seed, first->offset, last->offset + last->length - first->offset);
  for (guint i = 0; i < spots->len; i++) {
    const CviDamageSpot *spot = &g_array_index (spots, CviDamageSpot, i);

    g_print ("%s{\"offset\": %" G_GUINT64_FORMAT
             ", \"length\": %" G_GUINT64_FORMAT "}",
        i ? ", " : "", spot->offset, spot->length);
  }
  g_print ("]}\n");
}

int
main (int argc, char **argv)
{
  g_autoptr (GArray) spots = g_array_new (FALSE, FALSE, sizeof (CviDamageSpot));
  g_autoptr (GError) error = NULL;
  guint64 seed;

  if (argc == 2 && strcmp (argv[1], "--list") == 0) {
    print_kinds (FALSE);
    return EXIT_SUCCESS;
  }
  if (argc == 2 && strcmp (argv[1], "--help") == 0) {
    print_usage ();
    print_kinds (TRUE);
    return EXIT_SUCCESS;
  }
  if (argc != 5) {
    print_usage ();
    return 2;
  }
  if (!g_ascii_string_to_unsigned (
          argv[2], 10, 0, G_MAXUINT64, &seed, &error) ||
      !cvi_damage_file (argv[1], seed, argv[3], argv[4], spots, &error)) {
    g_printerr ("damage: %s\n", error->message);
    return EXIT_FAILURE;
  }
  print_where (argv[1], seed, spots);
  return EXIT_SUCCESS;
}
