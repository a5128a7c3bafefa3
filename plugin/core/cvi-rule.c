/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "plugin/core/cvi-rule.h"

#include <string.h>

#define MEDIA CVI_RULE_MEDIA
#define INCOMPLETE CVI_RULE_INCOMPLETE
#define UNREADABLE CVI_RULE_UNREADABLE
#define UNSUPPORTED CVI_RULE_UNSUPPORTED
#define INFO CVI_SEVERITY_INFO
#define WARNING CVI_SEVERITY_WARNING
#define ERROR CVI_SEVERITY_ERROR
#define CRITICAL CVI_SEVERITY_CRITICAL

#define RESTORE "Restore the file from a backup or fetch it again."
#define WATCH                                                                  \
  "Watch the place; restore the file if the picture or sound breaks."
#define AGAIN                                                                  \
  "Scan the file again; if it happens again, look at the machine "             \
  "and report the file."

/* clang-format off */
static const CviRule rules[CVI_N_RULES] = {
  [CVI_RULE_CONTAINER_UNRECOGNISED] = { "container::unrecognised",
    MEDIA, CRITICAL, 0.95, "content is no known media container",
    "The beginning of the file is not that of any container although it was "
    "taken for video: an overwritten head, an encrypted or unfinished "
    "download, or another kind of file. From the signatures of the containers' "
    "specifications.", RESTORE },
  [CVI_RULE_CONTAINER_TRUNCATED] = { "container::truncated",
    MEDIA, CRITICAL, 0.98, "file ends before its content does",
    "Sizes or tables of the container point past the end of the file: an "
    "interrupted copy, download or recording. What lies behind the end is "
    "lost. From the size fields of the container's specification.", RESTORE },
  [CVI_RULE_CONTAINER_STRUCTURE] = { "container::structure",
    MEDIA, ERROR, 0.9, "container structure is damaged",
    "An element of the container is not where, or not what, its "
    "specification (ISO/IEC 14496-12, RFC 9559, RIFF ...) demands: bytes were "
    "overwritten, inserted or removed.",
    RESTORE },
  [CVI_RULE_CONTAINER_INDEX] = { "container::index",
    MEDIA, ERROR, 0.9, "index contradicts the content",
    "Index tables point to places that hold something else or lie outside the "
    "file, or contradict each other. Playback may work until it seeks.",
    "Rebuild the index by remuxing into a new file; restore it if frames are "
    "missing." },
  [CVI_RULE_CONTAINER_CHECKSUM] = { "container::checksum",
    MEDIA, ERROR, 0.99, "checksum of the container does not match",
    "A CRC stored with the data (Ogg page, Matroska CRC-32, MPEG-TS section) "
    "differs from that of the bytes: they changed after they were written.",
    RESTORE },
  [CVI_RULE_CONTAINER_CONTINUITY] = { "container::continuity",
    MEDIA, ERROR, 0.9, "packets are missing",
    "Sequence counters jump (MPEG-TS continuity_counter, ISO/IEC 13818-1 "
    "2.4.3.3; Ogg page sequence): packets were lost in reception or removed "
    "later. One legal duplicate and announced discontinuities do not count.",
    RESTORE },
  [CVI_RULE_CONTAINER_SYNC_LOST] = { "container::sync-lost",
    MEDIA, ERROR, 0.95, "bytes between packets are not part of the stream",
    "The packet structure (sync byte, start code, capture pattern) breaks off "
    "and comes back later: foreign bytes lie in between or some were removed. "
    "What they carried is lost.", RESTORE },
  [CVI_RULE_CONTAINER_MISSING_FRAGMENT] = { "container::missing-fragment",
    MEDIA, ERROR, 0.9, "a fragment or cluster is missing",
    "Sequence numbers or decode times of fragments leave a hole: a segment "
    "of a stream was not received or was cut out.", RESTORE },
  [CVI_RULE_CONTAINER_ZERO_FILLED] = { "container::zero-filled",
    MEDIA, ERROR, 0.9, "coded data is filled with zeros",
    "Compressed payload holds a run of zero bytes that coding does not make: "
    "typical of interrupted copies, preallocated downloads and lost disk "
    "blocks. Measured: a run of 4,096 zeros never occurs in untouched "
    "payload; H.264 and H.265 forbid far shorter ones.", RESTORE },
  [CVI_RULE_CONTAINER_TRAILING_DATA] = { "container::trailing-data",
    MEDIA, WARNING, 0.6, "data follows the end of the container",
    "Bytes behind the container's end belong to no element: appended data, or "
    "a lost header of a further part. Players ignore it.",
    "Harmless if known (tags, padding); otherwise compare with the source." },
  [CVI_RULE_STREAM_NO_FRAMES] = { "stream::no-frames",
    MEDIA, ERROR, 0.9, "a stream yields no frame",
    "The container declares the stream or holds packets of it, but nothing "
    "could be decoded from them. Measured: of 940 damaged files 146 had such a "
    "stream.", RESTORE },
  [CVI_RULE_STREAM_SHORTFALL] = { "stream::shortfall",
    MEDIA, WARNING, 0.7, "a stream ends before its declared length",
    "The last frame comes earlier than the container's duration of this very "
    "stream says: the end may have been cut off. Legal where a muxer declared "
    "too much.", WATCH },
  [CVI_RULE_STREAM_MISSING_FRAMES] = { "stream::missing-frames",
    MEDIA, ERROR, 0.8, "fewer frames come out than went in",
    "The decoder or demuxer dropped frames that the container declares or "
    "holds: they could not be decoded. Measured: some decoders drop damaged "
    "frames without a word, and the count is all that tells.", RESTORE },
  [CVI_RULE_STREAM_UNSUPPORTED] = { "stream::unsupported",
    UNSUPPORTED, WARNING, 0.9, "a stream cannot be checked here",
    "No demuxer or decoder for it is installed, so nothing is known about its "
    "content.",
    "Install the missing plugin (cvi-gst doctor names packages) and scan "
    "again." },
  [CVI_RULE_STREAM_ENCRYPTED] = { "stream::encrypted",
    UNSUPPORTED, WARNING, 0.95, "a stream is encrypted",
    "Protected content (Common Encryption, conditional access) cannot be "
    "decoded without its keys, so it was not checked.",
    "Check the file before protection is applied." },
  [CVI_RULE_TIME_GAP] = { "time::gap",
    MEDIA, WARNING, 0.6, "time is missing between frames",
    "The next frame starts later than the one before ends, by more than the "
    "stream's own cadence explains: footage is missing, though every frame "
    "decodes. Measured: 6 s cut out with timestamps kept is found in each of "
    "three containers by its timestamps alone. Legal in recordings of variable "
    "frame rate.", WATCH },
  [CVI_RULE_TIME_OVERLAP] = { "time::overlap",
    MEDIA, WARNING, 0.5, "frames overlap in time",
    "A frame starts more than half a frame before the end of the one before "
    "it, in a stream that kept its times until there: parts were joined badly "
    "or frames doubled. Legal where an edit meant it.", WATCH },
  [CVI_RULE_TIME_BACKWARDS] = { "time::backwards",
    MEDIA, WARNING, 0.6, "time runs backwards",
    "In presentation order a frame starts before the one before it started: "
    "parts were joined or timestamps are damaged. Players skip or stutter "
    "there.", WATCH },
  [CVI_RULE_TIME_NO_TIMESTAMPS] = { "time::no-timestamps",
    MEDIA, INFO, 0.5, "frames carry no timestamps",
    "Ten buffers in a row had no timestamp, so that gaps cannot be seen in "
    "this stream. Usual for elementary streams without a container.",
    "Nothing to do." },
  [CVI_RULE_DECODE_ERROR] = { "decode::error",
    MEDIA, ERROR, 0.95, "the decoder reports damaged data",
    "A decoder, or the worker's own reading of VP8 and H.264, found that coded "
    "data breaks the codec's syntax: what it should show is lost or wrong. "
    "Measured: ten clean clips of as many codecs gave no such line, 160 clean "
    "files of H.264 no such reading.", RESTORE },
  [CVI_RULE_DECODE_CONCEALED] = { "decode::concealed",
    MEDIA, ERROR, 0.9, "the decoder hid damage",
    "Macroblocks could not be decoded and were filled in from their "
    "neighbours (error concealment): the picture looks whole and is not. "
    "Measured: of 940 damaged files 308 were found by it.", RESTORE },
  [CVI_RULE_DECODE_CORRUPT_FRAME] = { "decode::corrupt-frame",
    MEDIA, ERROR, 0.95, "a frame is marked as corrupted",
    "The decoder put out a frame and marked it damaged "
    "(GST_BUFFER_FLAG_CORRUPTED). Rare, as few decoders set the mark, but then "
    "beyond doubt.", RESTORE },
  [CVI_RULE_DECODE_CHECKSUM] = { "decode::checksum",
    MEDIA, ERROR, 0.99, "checksum inside the coded stream does not match",
    "The stream carries checksums of its own (HEVC picture hash, FLAC, MP3, "
    "AC-3, FFV1) and the decoded data differs: single flipped bits show that "
    "nothing else would.", RESTORE },
  [CVI_RULE_DECODE_STOPPED_EARLY] = { "decode::stopped-early",
    MEDIA, ERROR, 0.85, "decoding ended before the stream did",
    "Decoder or demuxer gave up before the end of the data; what follows was "
    "not checked and may be lost to players too.", RESTORE },
  [CVI_RULE_DECODE_STARTS_MID_GOP] = { "decode::starts-mid-gop",
    MEDIA, INFO, 0.5, "the stream does not start at a sync point",
    "A cut or recorded stream begins between key frames: errors until the "
    "first key frame are expected, not damage.", "Nothing to do." },
  [CVI_RULE_PROCESS_CRASHED] = { "process::crashed",
    INCOMPLETE, CRITICAL, 0.5, "the worker crashed on this file",
    "The process that decoded the file died. The decoder has a fault that "
    "this file triggers; often, not always, because the file is damaged. "
    "Measured: a damaged copy of a real MP4 does it every time.",
    AGAIN },
  [CVI_RULE_PROCESS_STALLED] = { "process::stalled",
    INCOMPLETE, ERROR, 0.3, "the check made no progress",
    "Nothing was read or decoded for the stall timeout. Never a verdict about "
    "the file. Measured: 4 of 1,226 public test files make a pipeline wait for "
    "ever.", AGAIN },
  [CVI_RULE_PROCESS_DEADLINE] = { "process::deadline",
    INCOMPLETE, ERROR, 0.1, "the check took too long",
    "The file's time limit was reached while the check still made progress, so "
    "that the rest of it is unknown.",
    "Raise --file-timeout, or scan the file in mode full." },
  [CVI_RULE_PROCESS_OUT_OF_MEMORY] = { "process::out-of-memory",
    INCOMPLETE, ERROR, 0.3, "the check needed too much memory",
    "The worker passed its memory limit and was ended: headers of a damaged "
    "file may ask for buffers of any size.",
    "Raise --memory-limit; if it grows without end, report the file." },
  [CVI_RULE_PROCESS_SANDBOX] = { "process::sandbox",
    INCOMPLETE, ERROR, 0.3, "the sandbox stopped the check",
    "A plugin tried something that the worker's sandbox forbids, such as "
    "running a program or opening a network connection: not a thing that "
    "decoding needs. It was refused, and what else was found is not to be "
    "relied on.",
    AGAIN },
  [CVI_RULE_PROCESS_DISAGREED] = { "process::disagreed",
    INCOMPLETE, INFO, 0.1, "machines came to different verdicts",
    "Two attempts at the file's shard, on a cluster, had other verdicts for "
    "it. The worst counts; that it changes points at a machine (memory, "
    "decoders, cache of the storage) as much as at the file.",
    AGAIN },
  [CVI_RULE_PROCESS_HARDWARE] = { "process::hardware",
    INCOMPLETE, INFO, 0.1, "what became of a hardware decoder's word",
    "A hardware decoder refused the stream, failed, or said that it is damaged, "
    "and software has decoded it again: what software finds is the verdict. Or "
    "nothing but hardware has decoded a stream whose damage only a decoder can "
    "tell: hardware hides damage (measured: of 217 damaged files NVDEC told of "
    "149, software of 199).",
    "Scan with --hw off for software's word alone." },
  [CVI_RULE_IO_ERROR] = { "io::error",
    UNREADABLE, CRITICAL, 0.95, "the storage failed to deliver the file",
    "A read failed with an error of the device, the file system or the "
    "network. It says nothing about the content.",
    "Look at the disk and the kernel's log, then scan again." },
  [CVI_RULE_IO_VANISHED] = { "io::vanished",
    UNREADABLE, CRITICAL, 0.95, "the file is not there",
    "The file was removed or renamed after it was listed. It says nothing "
    "about the content.",
    "Scan again; if it should be there, check the mount." },
  [CVI_RULE_IO_PERMISSION] = { "io::permission",
    UNREADABLE, CRITICAL, 0.95, "the file may not be read",
    "Permissions or a security policy forbid reading it, so nothing is known "
    "about its content.",
    "Run the scan as a user who may read the file." },
  [CVI_RULE_IO_CHANGED] = { "io::changed",
    INCOMPLETE, ERROR, 0.95, "the file was written while it was checked",
    "Its size, its modification time or its identity was another after the "
    "check than before, twice in a row. What was read is no state that the "
    "file was ever in, so that what was found in it only counts as a note.",
    "Scan again when nothing writes to it any more." },
  [CVI_RULE_IO_PARTIAL] = { "io::partial",
    INCOMPLETE, ERROR, 0.95, "not all of a resource was fetched",
    "It is larger than --spool-limit or than the folder for temporary files, "
    "or has no end, such as radio; so nothing of it was checked. As a note: "
    "its server told no length, so that a transfer that was cut short would "
    "look like a file that is.",
    "Raise --spool-limit, or name another folder with TMPDIR." },
  [CVI_RULE_IO_SPARSE] = { "io::sparse",
    MEDIA, INFO, 0.9, "parts of the file were never written",
    "The file is damaged, and the file system has parts of it that nobody has "
    "written: holes of a sparse file, or space that was reserved and never "
    "filled. So a download or a copy of it was probably not finished.",
    "Finish the download or the copy, or take the file from the source "
    "again." },
  [CVI_RULE_CONTENT_BLACK] = { "content::black",
    MEDIA, INFO, 0.3, "the picture is black for long",
    "Every frame over some seconds is black. Often intended; also the sign of "
    "a lost signal.", "Look at the place." },
  [CVI_RULE_CONTENT_FROZEN] = { "content::frozen",
    MEDIA, INFO, 0.3, "the picture does not change for long",
    "Frames over some seconds are the same. Often intended; also the sign of "
    "a lost signal.", "Look at the place." },
  [CVI_RULE_CONTENT_SILENT] = { "content::silent",
    MEDIA, INFO, 0.3, "the sound is silent for long",
    "No sample over some seconds rises above silence. Often intended; also the "
    "sign of a lost signal.", "Listen to the place." },
  [CVI_RULE_CONTENT_NOISE] = { "content::noise",
    MEDIA, WARNING, 0.7, "foreign bytes in uncompressed sound",
    "Any bytes are PCM samples, but foreign ones sound like a short burst of "
    "white noise at full scale within sound that is far smoother, and a lost "
    "block is a short hole of zeros between two steps that are no part of the "
    "sound. Measured: none in 240 healthy files. An effect of the sound could "
    "be made like that.", "Listen to the place." },
  [CVI_RULE_FIXITY_CHANGED] = { "fixity::changed",
    MEDIA, ERROR, 0.99, "content changed since it was last known whole",
    "The hash differs from the stored one though size and time are the same: "
    "bit rot. A program that edits a file and puts its time back looks the "
    "same: give such a file a new time, then scan it.", RESTORE },
  [CVI_RULE_FIXITY_EDITED] = { "fixity::edited",
    MEDIA, INFO, 0.99, "written since it was last known whole",
    "Its content is another than when it was hashed, and so is its size or its "
    "time: somebody meant to write it. The stored verdict is of the content "
    "that was there before.", "Scan it, or verify with --scan-changed." },
  [CVI_RULE_FIXITY_MOVED] = { "fixity::moved",
    MEDIA, INFO, 0.99, "the file was moved or renamed",
    "A file that is not in its place any more has the hash of this one, whose "
    "history is now this one's.", "Nothing is to be done." },
  [CVI_RULE_FIXITY_NEW] = { "fixity::new",
    MEDIA, INFO, 0.99, "the file was never scanned",
    "There is no hash of it, so nothing can be said of its content.",
    "Scan it, or verify with --scan-new." },
};
/* clang-format on */

G_STATIC_ASSERT (G_N_ELEMENTS (rules) == CVI_N_RULES);

const CviRule *
cvi_rule (CviRuleId id)
{
  g_return_val_if_fail (id < CVI_N_RULES, NULL);
  return &rules[id];
}

const CviRule *
cvi_rule_lookup (const char *id)
{
  for (guint i = 0; id && i < CVI_N_RULES; i++) {
    if (strcmp (rules[i].id, id) == 0)
      return &rules[i];
  }
  return NULL;
}

static const char *const severity_names[] = { "info", "warning", "error",
  "critical" };

const char *
cvi_severity_to_string (CviSeverity severity)
{
  g_return_val_if_fail (severity < G_N_ELEMENTS (severity_names), NULL);
  return severity_names[severity];
}

gboolean
cvi_severity_from_string (const char *name, CviSeverity *severity)
{
  for (guint i = 0; i < G_N_ELEMENTS (severity_names); i++) {
    if (g_strcmp0 (name, severity_names[i]) == 0) {
      *severity = (CviSeverity)i;
      return TRUE;
    }
  }
  return FALSE;
}
