// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes what the fuzzers begin with: random profiles that are in order.
 *
 * usage: seeds FOLDER COUNT
 */
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "judge.h"

static void write_file(const char *folder, const char *kind, long number,
		       const void *data, size_t len)
{
	char *path;
	FILE *out;

	if (asprintf(&path, "%s/%s/%04ld", folder, kind, number) < 0)
		abort();
	out = fopen(path, "w");
	if (!out || fwrite(data, 1, len, out) != len || fclose(out)) {
		perror(path);
		exit(1);
	}
	free(path);
}

/* Two profiles, behind two bytes that tell how long the first one is. */
static void write_wire(const char *folder, long number,
		       const struct vfiomig_object *s,
		       const struct vfiomig_object *t)
{
	size_t len = 2 + s->wire_len + t->wire_len;
	uint8_t *data = malloc(len);

	if (!data)
		abort();
	data[0] = s->wire_len;
	data[1] = s->wire_len >> 8;
	memcpy(data + 2, s->wire, s->wire_len);
	memcpy(data + 2 + s->wire_len, t->wire, t->wire_len);
	write_file(folder, "wire", number, data, len);
	free(data);
}

static void write_pair(struct vfiomig *ctx, const char *folder, long number,
		       uint64_t *seed)
{
	static struct draw_profile profiles[2];
	struct vfiomig_object *objects[2];

	draw_pair(seed, &profiles[0], &profiles[1]);
	for (int i = 0; i < 2; i++) {
		char *attrs = draw_text(seed, &profiles[i]);
		char *text = document_of("d", attrs);

		write_file(folder, "json", 2 * number + i, text,
			   strlen(text));
		objects[i] = read_text(ctx, text);
		free(attrs);
		free(text);
		if (!objects[i])
			abort();
	}
	write_wire(folder, number, objects[0], objects[1]);
	vfiomig_object_unref(objects[0]);
	vfiomig_object_unref(objects[1]);
}

int main(int argc, char **argv)
{
	struct vfiomig *ctx = vfiomig_new();
	uint64_t seed = 1;

	if (argc != 3 || !ctx) {
		fputs("usage: seeds FOLDER COUNT\n", stderr);
		return 2;
	}
	for (long i = 0; i < atol(argv[2]); i++)
		write_pair(ctx, argv[1], i, &seed);
	vfiomig_free(ctx);
	return 0;
}
