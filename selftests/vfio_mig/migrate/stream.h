/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stream of a migration: out of the source, into the target, and files.
 */
#ifndef SELFTESTS_VFIO_MIG_STREAM_H
#define SELFTESTS_VFIO_MIG_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "fault.h"

/**
 * struct stream - all of a stream
 * @data:	its bytes
 * @len:	how many
 * @room:	how many there is room for
 * @reads:	how many read() there were
 */
struct stream {
	__u8 *data;
	size_t len;
	size_t room;
	unsigned int reads;
};

/** enum stream_end - how reading came to an end */
enum stream_end {
	STREAM_EOF,
	STREAM_NOMSG,
};

int stream_read(struct stream *stream, int fd, size_t chunk, size_t limit,
		enum stream_end *end, struct fault *fault);
int stream_write(int fd, const void *data, size_t len, size_t *written,
		 struct fault *fault);
int stream_load(struct stream *stream, const char *path, size_t limit,
		struct fault *fault);
int stream_save(const struct stream *stream, const char *path,
		struct fault *fault);
void stream_clear(struct stream *stream);
void stream_free(struct stream *stream);

#endif
