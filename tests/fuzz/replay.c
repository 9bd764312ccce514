/* replay - runs a fuzz target over files and folders of files, without libFuzzer; and over what becomes of each when it
 * is cut short or one of its bytes is changed. */
#include "tests/fuzz/fuzz.h"

#include "base/buf.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned n_runs;

/* A copy of exact size, so that a sanitizer sees every byte too far. */
static void run(const unsigned char *bytes, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
	n_runs++;
}

static void run_variants(struct buf *file)
{
	unsigned char *p = (unsigned char *)file->p;
	size_t step = file->len / 200 + 1;

	run(p, file->len);
	for (size_t i = 0; i < file->len; i += step) {
		unsigned char was = p[i];

		run(p, i);
		p[i] = (unsigned char)(was ^ (1u << i % 8));
		run(p, file->len);
		p[i] = was;
	}
}

static int run_file(const char *path)
{
	BUF_CLEANUP struct buf file = { 0 };
	char block[4096];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f) {
		perror(path);
		return 1;
	}
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		buf_add(&file, block, n);
	fclose(f);
	run_variants(&file);
	return 0;
}

static int run_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	int failed = 0;

	if (!dir)
		return run_file(path);
	while ((e = readdir(dir))) {
		char file[4096];

		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		failed |= run_file(file);
	}
	closedir(dir);
	return failed;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++)
		failed |= run_folder(argv[i]);
	printf("%u runs\n", n_runs);
	return failed || !n_runs;
}
