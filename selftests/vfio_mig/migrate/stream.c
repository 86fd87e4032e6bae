// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "stream.h"

/* A driver that keeps its user waiting longer than this has hung. */
#define PATIENCE_MS	120000

static int wait_for(int fd, short events)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int ready;

	do {
		ready = poll(&pollfd, 1, PATIENCE_MS);
	} while (ready < 0 && errno == EINTR);
	return ready > 0 ? 0 : ready ? -errno : -ETIMEDOUT;
}

static int make_room(struct stream *stream, size_t more)
{
	size_t room = stream->room ? stream->room : 65536;
	__u8 *data;

	if (stream->room - stream->len >= more)
		return 0;
	while (room - stream->len < more)
		room *= 2;
	data = realloc(stream->data, room);
	if (!data)
		return -ENOMEM;
	stream->data = data;
	stream->room = room;
	return 0;
}

/**
 * stream_read() - read on until there is no more
 * @stream:	what was read is put at its end
 * @fd:		where from
 * @chunk:	how much to ask for at a time
 * @limit:	a stream that is longer is too long
 * @end:	how it ended; NULL if the end must be that of the stream
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int stream_read(struct stream *stream, int fd, size_t chunk, size_t limit,
		enum stream_end *end, struct fault *fault)
{
	ssize_t got;
	int err;

	for (;;) {
		if (make_room(stream, chunk))
			return fault_set(fault, "read", ENOMEM,
					 "room for %zu bytes", stream->len);
		got = read(fd, stream->data + stream->len, chunk);
		err = got < 0 ? errno : 0;
		if (err == EINTR)
			continue;
		if (err == EAGAIN)
			err = -wait_for(fd, POLLIN);
		else
			stream->reads++;
		if (!got || (err == ENOMSG && end)) {
			if (end)
				*end = got ? STREAM_NOMSG : STREAM_EOF;
			return 0;
		}
		if (err)
			return fault_set(fault, "read", err,
					 "read the stream at %zu", stream->len);
		if (got > 0)
			stream->len += got;
		if (stream->len > limit)
			return fault_set(fault, "read", EFBIG,
					 "a stream of at most %zu bytes",
					 limit);
	}
}

/**
 * stream_write() - write all of a chunk
 * @fd:		where to
 * @data:	its bytes
 * @len:	how many
 * @written:	counted up by what the driver has taken
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int stream_write(int fd, const void *data, size_t len, size_t *written,
		 struct fault *fault)
{
	const __u8 *from = data;
	ssize_t done;
	int err;

	while (len) {
		done = write(fd, from, len);
		err = done < 0 ? errno : done ? 0 : EIO;
		if (err == EINTR)
			continue;
		if (err == EAGAIN) {
			err = -wait_for(fd, POLLOUT);
			if (!err)
				continue;
		}
		if (err)
			return fault_set(fault, "write", err,
					 "write %zu bytes at %zu", len,
					 *written);
		from += done;
		len -= done;
		*written += done;
	}
	return 0;
}

/**
 * stream_load() - a stream from a file
 * @stream:	where to, empty
 * @path:	the file
 * @limit:	as for stream_read()
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int stream_load(struct stream *stream, const char *path, size_t limit,
		struct fault *fault)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return fault_set(fault, "load", errno, "open %s", path);
	err = stream_read(stream, fd, 65536, limit, NULL, fault);
	if (err)
		fault->step = "load";
	close(fd);
	return err;
}

/**
 * stream_save() - a stream into a file
 * @stream:	the stream
 * @path:	the file
 * @fault:	what went wrong
 *
 * Return: 0 or -1.
 */
int stream_save(const struct stream *stream, const char *path,
		struct fault *fault)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	size_t written = 0;
	int err;

	if (fd < 0)
		return fault_set(fault, "save", errno, "open %s", path);
	err = stream_write(fd, stream->data, stream->len, &written, fault);
	if (close(fd) && !err)
		err = fault_set(fault, "save", errno, "write %s", path);
	if (err)
		fault->step = "save";
	return err;
}

/**
 * stream_clear() - make it empty, to be used again
 * @stream:	the stream
 */
void stream_clear(struct stream *stream)
{
	stream->len = 0;
	stream->reads = 0;
}

/**
 * stream_free() - give its room back
 * @stream:	the stream
 */
void stream_free(struct stream *stream)
{
	free(stream->data);
	stream->data = NULL;
	stream->room = 0;
	stream_clear(stream);
}
