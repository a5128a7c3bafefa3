/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* Kubernetes: the manifest of an Indexed Job (batch/v1) is printed; the user
 * applies it. Each index is a shard; one that is done ends at once, so that the
 * same manifest serves what is missing. No podFailurePolicy: with it a pod on a
 * node that cannot be reached would not be replaced. */
#include "tools/cluster/cvi-engine.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* JSON strings are YAML strings. */
static char *
quote (const char *text)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_VALUE);

  json_node_set_string (node, text);
  return json_to_string (node, FALSE);
}

/* The folder that all files are below: where the media claim is mounted. */
static char *
common_folder (char **roots)
{
  g_autofree char *folder = NULL;

  for (char **root = roots; root && *root; root++) {
    if (!folder) {
      folder = g_strdup (*root);
      continue;
    }
    while (strcmp (folder, "/") != 0 &&
           (!g_str_has_prefix (*root, folder) ||
               ((*root)[strlen (folder)] != '/' && (*root)[strlen (folder)]))) {
      char *up = g_path_get_dirname (folder);

      g_free (folder);
      folder = up;
    }
  }
  return g_steal_pointer (&folder);
}

static gboolean
submit (const CviEngineJob *job, char **answer, GError **error)
{
  g_autofree char *media = common_folder (job->plan->roots);
  g_autofree char *media_path = media ? quote (media) : NULL;
  g_autofree char *run = quote (job->plan->run);
  g_autofree char *image = job->image ? quote (job->image) : NULL;
  g_autofree char *media_claim =
      job->media_claim ? quote (job->media_claim) : NULL;
  g_autofree char *run_claim = job->run_claim ? quote (job->run_claim) : NULL;
  guint n_running = job->max_running > 0 ? job->max_running : job->plan->shards;

  if (!image || !media_claim || !run_claim ||
      !g_utf8_validate (run, -1, NULL)) {
    g_set_error_literal (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_ENGINE,
        "k8s needs --image, --pvc (of the media) and --run-pvc");
    return FALSE;
  }
  if (!media || g_str_equal (media, "/")) {
    g_set_error_literal (error, CVI_CLUSTER_ERROR, CVI_CLUSTER_ERROR_ENGINE,
        "k8s needs one folder that all planned files are in");
    return FALSE;
  }
  *answer = g_strdup_printf (
      "apiVersion: batch/v1\n"
      "kind: Job\n"
      "metadata:\n"
      "  name: cvi-gst-%.12s\n"
      "spec:\n"
      "  completionMode: Indexed\n"
      "  completions: %u\n"
      "  parallelism: %u\n"
      "  backoffLimitPerIndex: 3\n"
      "  maxFailedIndexes: %u\n"
      "  template:\n"
      "    spec:\n"
      "      restartPolicy: Never\n"
      "      containers:\n"
      "        - name: cvi-gst\n"
      "          image: %s\n"
      "          command: [\"cvi-gst\", \"shard\", %s]\n"
      "          resources:\n"
      "            requests: {cpu: \"1\", memory: 1Gi}\n"
      "            limits: {cpu: \"1\", memory: 3Gi}\n"
      "          volumeMounts:\n"
      "            - {name: media, mountPath: %s, readOnly: true}\n"
      "            - {name: run, mountPath: %s}\n"
      "      volumes:\n"
      "        - name: media\n"
      "          persistentVolumeClaim: {claimName: %s, readOnly: true}\n"
      "        - name: run\n"
      "          persistentVolumeClaim: {claimName: %s}\n",
      job->plan->id, job->plan->shards, n_running, job->plan->shards, image,
      run, media_path, run, media_claim, run_claim);
  return TRUE;
}

const CviEngine cvi_engine_kubernetes = {
  .name = "k8s",
  .prints = TRUE,
  .submit = submit,
};
