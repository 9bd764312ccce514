/* image - a picture is known by its first bytes; what is none, or has a size that is not sane, is none. */
#include "publisher/core/files/image.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>

const char *const unit_name = "image";

#define BYTES(lit) \
	{ \
		"" lit, sizeof(lit) - 1 \
	}
#define PNG(size) BYTES("\x89PNG\r\n\x1a\n\0\0\0\rIHDR" size "\x08\x06\0\0\0")
#define JPEG_HEAD "\xFF\xD8\xFF\xE0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
#define SOF(marker) "\xFF" marker "\0\x11\x08\0\x20\0\x40\3\1\x22\0\2\x11\1\3\x11\1"
#define RIFF "RIFF\x24\0\0\0WEBP"

static const struct {
	struct str bytes;
	enum image_kind kind;
	unsigned int width, height;
} rows[] = {
	{ PNG("\0\0\0\x40\0\0\0\x20"), IMAGE_PNG, 64, 32 },
	{ PNG("\0\0\x10\0\0\0\4\0"), IMAGE_PNG, 4096, 1024 },
	{ BYTES(JPEG_HEAD SOF("\xC0")), IMAGE_JPEG, 64, 32 },
	{ BYTES(JPEG_HEAD "\xFF\xDB\0\4ab\xFF\xFF\xFF\xC4\0\2" SOF("\xC2")), IMAGE_JPEG, 64, 32 }, /* progressive, behind a table and fill bytes */
	{ BYTES("GIF87a\x40\0\x20\0"), IMAGE_GIF, 64, 32 },
	{ BYTES("GIF89a\x40\0\x20\0\xF7"), IMAGE_GIF, 64, 32 },
	{ BYTES(RIFF "VP8 \x18\0\0\0\x30\1\0\x9d\1\x2a\x40\0\x20\0"), IMAGE_WEBP, 64, 32 },
	{ BYTES(RIFF "VP8 \x18\0\0\0\x30\1\0\x9d\1\x2a\x40\x40\x20\x80"), IMAGE_WEBP, 64, 32 }, /* the two highest bits scale it */
	{ BYTES(RIFF "VP8L\x18\0\0\0\x2F\x3F\xC0\x07\0\0"), IMAGE_WEBP, 64, 32 },
	{ BYTES(RIFF "VP8X\x0A\0\0\0\x10\0\0\0\x3F\0\0\x1F\0\0"), IMAGE_WEBP, 64, 32 },
	/* too large, too many pixels, none */
	{ PNG("\0\0\x10\1\0\0\0\1"), IMAGE_NONE, 0, 0 },
	{ PNG("\0\0\x10\0\0\0\4\1"), IMAGE_NONE, 0, 0 },
	{ PNG("\x80\0\0\0\0\0\0\2"), IMAGE_NONE, 0, 0 },
	{ PNG("\0\0\0\0\0\0\0\x20"), IMAGE_NONE, 0, 0 },
	{ BYTES(RIFF "VP8X\x0A\0\0\0\x10\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF"), IMAGE_NONE, 0, 0 },
	/* not what they seem */
	{ BYTES("\x89PNG\r\n\x1a\n\0\0\0\4iCCPabcdefgh"), IMAGE_NONE, 0, 0 },
	{ BYTES("\x89PNG\n\x1a\n\0\0\0\rIHDR\0\0\0\x40\0\0\0\x20"), IMAGE_NONE, 0, 0 },
	{ BYTES(JPEG_HEAD "\xFF\xDA\0\x0C" SOF("\xC0")), IMAGE_NONE, 0, 0 }, /* a scan before any size */
	{ BYTES(JPEG_HEAD "\xFF\xE1\0\1" SOF("\xC0")), IMAGE_NONE, 0, 0 },   /* a segment that is shorter than its own length */
	{ BYTES(JPEG_HEAD SOF("\xC4")), IMAGE_NONE, 0, 0 },                  /* a table, no frame */
	{ BYTES("\xFF\xD8<html>"), IMAGE_NONE, 0, 0 },
	{ BYTES("RIFF\x24\0\0\0AVI VP8X"), IMAGE_NONE, 0, 0 },
	{ BYTES(RIFF "VP8Z\x18\0\0\0abcdefghijklmn"), IMAGE_NONE, 0, 0 },
	{ BYTES("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64\" height=\"32\"/>"), IMAGE_NONE, 0, 0 },
	{ BYTES("<!doctype html><script>alert(1)</script>"), IMAGE_NONE, 0, 0 },
	{ BYTES("GIF88a\x40\0\x20\0"), IMAGE_NONE, 0, 0 },
	{ BYTES(""), IMAGE_NONE, 0, 0 },
};

static void it_is_known_by_its_first_bytes(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct image image = image_read(rows[i].bytes);

		if (image.kind != rows[i].kind || image.width != rows[i].width || image.height != rows[i].height)
			printf("\n    row %zu: %d, %u x %u\n", i, (int)image.kind, image.width, image.height);
		CU_ASSERT(image.kind == rows[i].kind && image.width == rows[i].width && image.height == rows[i].height);
	}
}

/* In memory of just their size, so that the sanitizer sees a read beyond. */
static void a_part_of_it_is_none_or_the_same(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t len = 0; len < rows[i].bytes.len; len++) {
			char *part = malloc(len ? len : 1);
			struct image image;

			CU_ASSERT_PTR_NOT_NULL_FATAL(part);
			memcpy(part, rows[i].bytes.p, len);
			image = image_read((struct str){ part, len });
			CU_ASSERT(image.kind == IMAGE_NONE || image.kind == rows[i].kind);
			CU_ASSERT(image.kind != IMAGE_NONE || (image.width == 0 && image.height == 0));
			free(part);
		}
	}
}

static void each_kind_has_its_type_and_ending(void)
{
	CHECK_STR(image_type(IMAGE_PNG), "image/png");
	CHECK_STR(image_type(IMAGE_JPEG), "image/jpeg");
	CHECK_STR(image_type(IMAGE_GIF), "image/gif");
	CHECK_STR(image_type(IMAGE_WEBP), "image/webp");
	CHECK_STR(image_ending(IMAGE_JPEG), "jpg");
	CHECK_STR(image_ending(IMAGE_WEBP), "webp");
}

const struct unit_test unit_tests[] = {
	UNIT(it_is_known_by_its_first_bytes),
	UNIT(a_part_of_it_is_none_or_the_same),
	UNIT(each_kind_has_its_type_and_ending),
	{ NULL, NULL },
};
