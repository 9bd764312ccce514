/* Whatever the bytes are, what they are said to be has a sane size, and its kind is told by their first byte. */
#include "tests/fuzz/fuzz.h"

#include "publisher/core/files/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char first[IMAGE_KINDS] = { [IMAGE_PNG] = 0x89, [IMAGE_JPEG] = 0xFF, [IMAGE_GIF] = 'G', [IMAGE_WEBP] = 'R' };
	struct image image = image_read((struct str){ (const char *)data, size });

	if (image.kind == IMAGE_NONE) {
		PROMISE(image.width == 0 && image.height == 0);
		return 0;
	}
	PROMISE(image.kind < IMAGE_KINDS && size > 0 && data[0] == first[image.kind]);
	PROMISE(image.width >= 1 && image.width <= IMAGE_MAX_SIDE && image.height >= 1 && image.height <= IMAGE_MAX_SIDE);
	PROMISE(image.width * image.height <= IMAGE_MAX_PIXELS);
	return 0;
}
