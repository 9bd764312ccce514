/* image - what kind of picture some bytes are, and how large it is, by what stands at their beginning. Decodes nothing.
 *
 * The bytes come from a web server that we don't know, and go to every viewer's browser: so what they are called counts for nothing, and
 * what is not plainly one of the four kinds is none. SVG is none either: it is a document, with scripts and links. */
#ifndef PUBLISHER_IMAGE_H
#define PUBLISHER_IMAGE_H

#include "base/str.h"

/* A viewer's browser holds four bytes for each pixel: of a still picture this is 16 MB at most. */
#define IMAGE_MAX_PIXELS (1u << 22)
#define IMAGE_MAX_SIDE 4096

enum image_kind {
	IMAGE_NONE, /* none of the others, or larger than the above, or without any pixel */
	IMAGE_PNG,
	IMAGE_JPEG,
	IMAGE_GIF,
	IMAGE_WEBP,
	IMAGE_KINDS,
};

struct image {
	enum image_kind kind;
	unsigned int width, height; /* in pixels; 0 of IMAGE_NONE */
};

/* Never reads beyond the bytes, whatever they are. */
struct image image_read(struct str bytes);

const char *image_type(enum image_kind kind);   /* for the header content-type: "image/png" */
const char *image_ending(enum image_kind kind); /* of a file's name: "png" */

#endif
