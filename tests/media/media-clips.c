/* cvi - find corrupt video files
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "tests/media/media-clips.h"

#define RAW "video/x-raw,format=I420,width=320,height=240 ! "

/* Encoders of libav begin at 1000 hours, which avmux_asf would keep; Matroska
 * on the way moves the start to zero. */
#define FROM_ZERO                                                              \
  " ! queue ! matroskamux streamable=true ! matroskademux ! queue"

/* The clips are the same in every build: with more threads x264's rate control
 * depends on which is faster, and where cpu-used is not negative libvpx takes
 * that of VP8 from its own speed. */
#define X264 "x264enc threads=1 bitrate=900 key-int-max=25 speed-preset="
#define H264 RAW X264 "superfast ! h264parse"
/* mp4mux declares too short a duration for fragmented files with B frames. */
#define H264_NO_B RAW X264 "superfast bframes=0 ! h264parse"
#define H264_B RAW X264 "veryfast bframes=3 b-adapt=false ! h264parse"
#define H265                                                                   \
  RAW "x265enc speed-preset=ultrafast bitrate=900 key-int-max=25"              \
      " log-level=error ! h265parse"
#define VPX "deadline=1 target-bitrate=900000 keyframe-max-dist=25 cpu-used="
#define VP8 RAW "vp8enc " VPX "-8"
#define VP9 RAW "vp9enc " VPX "8"
#define AV1                                                                    \
  RAW "av1enc cpu-used=8 usage-profile=realtime target-bitrate=600"            \
      " ! av1parse"
#define MPEG1 RAW "mpeg2enc format=0 bitrate=1200 ! mpegvideoparse"
#define MPEG2 RAW "mpeg2enc format=3 bitrate=1500 ! mpegvideoparse"
#define MPEG4 RAW "avenc_mpeg4 bitrate=1200000 gop-size=25"
#define MJPEG RAW "jpegenc"
#define FFV1 RAW "avenc_ffv1"
#define FLV1 RAW "avenc_flv bitrate=900000"
#define WMV2 RAW "avenc_wmv2 bitrate=900000" FROM_ZERO " ! video/x-wmv"
#define THEORA RAW "theoraenc speed-level=2 bitrate=900"
#define PRORES                                                                 \
  "video/x-raw,format=I422_10LE,width=320,height=240 ! avenc_prores_ks"
#define H263                                                                   \
  "video/x-raw,format=I420,width=176,height=144 ! avenc_h263 bitrate=300000"
/* Frames of unequal length: some are dropped (media_clip_keeps_frame()) and no
 * rate is declared. */
#define VARIABLE                                                               \
  RAW "identity name=" MEDIA_CLIP_THINNED                                      \
      " ! capssetter join=true caps=video/x-raw,framerate=0/1"                 \
      " ! " X264 "superfast ! h264parse"

#define AAC "avenc_aac bitrate=128000"
#define AC3 "avenc_ac3 bitrate=192000"
#define MP2 "twolamemp2enc bitrate=192 ! mpegaudioparse"
#define MP3 "lamemp3enc target=bitrate cbr=true bitrate=128 ! mpegaudioparse"
#define MP3_44 "audioresample ! audio/x-raw,rate=44100 ! " MP3
#define AMR "audioresample ! audio/x-raw,rate=8000,channels=1 ! amrnbenc"
#define FLAC "flacenc ! flacparse"
#define WMA "avenc_wmav2 bitrate=128000"
#define PCM "audio/x-raw,format=S16LE"
#define OPUS "opusenc"
#define VORBIS "vorbisenc"

const MediaClip media_clips[] = {
  /* MP4 and its relatives */
  { "h264-aac.mp4", "mp4mux", H264, 88, AAC, 88 },
  { "h264-aac-faststart.mp4", "mp4mux faststart=true", H264, 88, AAC, 88 },
  { "h264-aac-fragmented.mp4", "mp4mux fragment-duration=500", H264_NO_B, 88,
      AAC, 88 },
  { "h264-aac.mov", "qtmux", H264, 88, AAC, 88 },
  { "h265-aac.mp4", "mp4mux", H265, 88, AAC, 88 },
  { "mjpeg-pcm.mov", "qtmux", MJPEG, 88, PCM, 88 },
  { "prores-pcm.mov", "qtmux", PRORES, 50, PCM, 50 },
  { "h263-amr.3gp", "3gppmux", H263, 88, AMR, 88 },

  /* Matroska and WebM */
  { "h264-opus.mkv", "matroskamux", H264, 88, OPUS, 88 },
  { "h265-ac3.mkv", "matroskamux", H265, 88, AC3, 88 },
  { "mpeg2-flac.mkv", "matroskamux", MPEG2, 88, FLAC, 88 },
  { "ffv1-flac.mkv", "matroskamux", FFV1, 50, FLAC, 50 },
  { "av1-opus.mkv", "matroskamux", AV1, 38, OPUS, 38 },
  { "vp8-vorbis.webm", "webmmux", VP8, 88, VORBIS, 88 },
  { "vp9-opus.webm", "webmmux", VP9, 88, OPUS, 88 },

  /* MPEG streams */
  { "h264-aac.ts", "mpegtsmux", H264, 88, AAC, 88 },
  { "h264-ac3.m2ts", "mpegtsmux m2ts-mode=true", H264, 88, AC3, 88 },
  { "h265-aac.ts", "mpegtsmux", H265, 88, AAC, 88 },
  { "mpeg2-mp2.ts", "mpegtsmux", MPEG2, 88, MP2, 88 },
  { "mpeg1-mp2.mpg", "avmux_mpeg", MPEG1, 88, MP2, 88 },
  { "mpeg2-mp2.mpg", "avmux_svcd", MPEG2, 88, MP2, 88 },
  { "mpeg2-ac3.vob", "avmux_vob", MPEG2, 88, AC3, 88 },

  /* AVI, Flash, Ogg, ASF, MXF, IVF */
  { "mpeg4-mp3.avi", "avimux", MPEG4, 88, MP3, 88 },
  { "mjpeg-pcm.avi", "avimux", MJPEG, 88, PCM, 88 },
  { "h264-aac.flv", "flvmux", H264, 88, AAC, 88 },
  { "flv1-mp3.flv", "flvmux", FLV1, 88, MP3_44, 88 },
  { "theora-vorbis.ogv", "oggmux max-page-delay=0", THEORA, 88, VORBIS, 88 },
  { "wmv2-wmav2.wmv", "avmux_asf", WMV2, 88, WMA, 88 },
  { "mpeg2-pcm.mxf", "mxfmux", MPEG2, 88, PCM, 88 },
  { "vp8.ivf", "avmux_ivf", VP8, 88 },

  /* What is legal and easily taken for damage */
  { "audio-only.mp4", "mp4mux", NULL, 0, AAC, 88 },
  { "audio-only.mkv", "matroskamux", NULL, 0, FLAC, 88 },
  { "video-only.mp4", "mp4mux", H264, 88 },
  { "video-only.mkv", "matroskamux", H264, 88 },
  { "two-audio.mkv", "matroskamux", H264, 88, AAC, 88, 0, VORBIS },
  { "variable-rate.mkv", "matroskamux", VARIABLE, 120 },
  { "b-frames.mp4", "mp4mux", H264_B, 88, AAC, 88 },
  { "b-frames.ts", "mpegtsmux", H264_B, 88, AAC, 88 },
  { "audio-longer.mkv", "matroskamux", H264, 75, AAC, 125 },
  { "audio-shorter.mp4", "mp4mux", H264, 100, AAC, 60 },
  { "audio-late.mkv", "matroskamux", H264, 88, OPUS, 63, 1000 },
  { "audio-late.mp4", "mp4mux", H264, 88, AAC, 63, 1000 },
  { "one-second.mp4", "mp4mux", H264, 25, AAC, 25 },
  { NULL },
};

/* A saw tooth has strong overtones and, unlike the noises of audiotestsrc, is
 * the same in every run. Each buffer lasts as long as a video frame. */
static void
append_audio (GString *launch, const MediaClip *clip, const char *codec)
{
  g_string_append_printf (launch,
      " audiotestsrc wave=saw freq=233 volume=0.4 num-buffers=%u"
      " samplesperbuffer=1920 timestamp-offset=%u000000"
      " ! audio/x-raw,rate=48000,channels=2 ! audioconvert ! %s ! queue ! m.",
      clip->buffers, clip->late_ms, codec);
}

gboolean
media_clip_keeps_frame (guint index)
{
  guint step = index % 7;

  return step != 1 && step != 2 && step != 5;
}

char *
media_clip_pipeline (const MediaClip *clip)
{
  GString *launch = g_string_new (NULL);

  g_string_append_printf (launch, "%s name=m ! filesink name=out", clip->muxer);
  /* Colour bars that scroll, with a field of noise: moving, and hard enough to
   * code that every container holds real payload. */
  if (clip->video)
    g_string_append_printf (launch,
        " videotestsrc pattern=smpte horizontal-speed=4 num-buffers=%u"
        " ! capsfilter caps=video/x-raw,framerate=25/1 ! %s ! queue ! m.",
        clip->frames, clip->video);
  if (clip->audio)
    append_audio (launch, clip, clip->audio);
  if (clip->audio2)
    append_audio (launch, clip, clip->audio2);
  return g_string_free (launch, FALSE);
}
