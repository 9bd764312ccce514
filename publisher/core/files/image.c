#include "publisher/core/files/image.h"

#include <stdint.h>
#include <string.h>

static const struct {
	const char *type, *ending;
} kinds[IMAGE_KINDS] = {
	[IMAGE_NONE] = { "application/octet-stream", "bin" },
	[IMAGE_PNG] = { "image/png", "png" },
	[IMAGE_JPEG] = { "image/jpeg", "jpg" },
	[IMAGE_GIF] = { "image/gif", "gif" },
	[IMAGE_WEBP] = { "image/webp", "webp" },
};

const char *image_type(enum image_kind kind)
{
	return kinds[kind].type;
}

const char *image_ending(enum image_kind kind)
{
	return kinds[kind].ending;
}

/* The byte at this place; 0 behind the end. */
static unsigned int byte_at(struct str s, size_t i)
{
	return i < s.len ? (unsigned char)s.p[i] : 0;
}

static unsigned int little16(struct str s, size_t i)
{
	return byte_at(s, i) | byte_at(s, i + 1) << 8;
}

static unsigned int little24(struct str s, size_t i)
{
	return little16(s, i) | byte_at(s, i + 2) << 16;
}

static unsigned int big16(struct str s, size_t i)
{
	return byte_at(s, i) << 8 | byte_at(s, i + 1);
}

static unsigned int big32(struct str s, size_t i)
{
	return big16(s, i) << 16 | big16(s, i + 2);
}

static bool has(struct str s, size_t i, const char *bytes, size_t n)
{
	return s.len >= i + n && memcmp(s.p + i, bytes, n) == 0;
}

static struct image image_of(enum image_kind kind, unsigned int width, unsigned int height)
{
	if (!width || !height || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE || width * height > IMAGE_MAX_PIXELS)
		return (struct image){ IMAGE_NONE, 0, 0 };
	return (struct image){ kind, width, height };
}

/* Its first chunk has to be IHDR, of 13 bytes, which begin with the size. */
static struct image read_png(struct str s)
{
	if (!has(s, 8, "\0\0\0\rIHDR", 8) || s.len < 24)
		return image_of(IMAGE_PNG, 0, 0);
	return image_of(IMAGE_PNG, big32(s, 16), big32(s, 20));
}

/* A frame header, of which there are several kinds: SOF0 to SOF15, without three others that have numbers among them. */
static bool is_frame_header(unsigned int marker)
{
	return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* Segments follow each other, each a marker and a length that counts itself; the size stands in the frame header, before the first scan. */
static struct image read_jpeg(struct str s)
{
	for (size_t i = 2; byte_at(s, i) == 0xFF;) {
		unsigned int marker = byte_at(s, i + 1), length = big16(s, i + 2);

		if (marker == 0xFF) { /* a fill byte */
			i++;
			continue;
		}
		if (is_frame_header(marker) && length >= 8 && s.len >= i + 9)
			return image_of(IMAGE_JPEG, big16(s, i + 7), big16(s, i + 5));
		if (marker == 0xDA || length < 2)
			break;
		i += 2 + length;
	}
	return image_of(IMAGE_JPEG, 0, 0);
}

static struct image read_gif(struct str s)
{
	return s.len < 10 ? image_of(IMAGE_GIF, 0, 0) : image_of(IMAGE_GIF, little16(s, 6), little16(s, 8));
}

/* Three kinds of first chunk: lossy, lossless, and one that says what follows. */
static struct image read_webp(struct str s)
{
	if (has(s, 12, "VP8 ", 4) && has(s, 23, "\x9d\x01\x2a", 3) && s.len >= 30)
		return image_of(IMAGE_WEBP, little16(s, 26) & 0x3FFF, little16(s, 28) & 0x3FFF);
	if (has(s, 12, "VP8L", 4) && byte_at(s, 20) == 0x2F && s.len >= 25) {
		unsigned int bits = little24(s, 21) | byte_at(s, 24) << 24;

		return image_of(IMAGE_WEBP, (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1);
	}
	if (has(s, 12, "VP8X", 4) && s.len >= 30)
		return image_of(IMAGE_WEBP, little24(s, 24) + 1, little24(s, 27) + 1);
	return image_of(IMAGE_WEBP, 0, 0);
}

struct image image_read(struct str s)
{
	if (has(s, 0, "\x89PNG\r\n\x1a\n", 8))
		return read_png(s);
	if (has(s, 0, "\xFF\xD8\xFF", 3))
		return read_jpeg(s);
	if (has(s, 0, "GIF87a", 6) || has(s, 0, "GIF89a", 6))
		return read_gif(s);
	if (has(s, 0, "RIFF", 4) && has(s, 8, "WEBP", 4))
		return read_webp(s);
	return image_of(IMAGE_NONE, 0, 0);
}
