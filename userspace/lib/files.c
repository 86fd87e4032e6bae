// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files and folders in which the kernel shows what it has. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* The file's text without its line feed; false if there is none to be had. */
bool vmig_read_file(const char *dir, const char *name,
		    char text[VMIG_FILE_SIZE])
{
	ssize_t len = -1;
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	free(path);
	if (fd < 0)
		return false;

	len = read(fd, text, VMIG_FILE_SIZE - 1);
	close(fd);
	if (len <= 0)
		return false;

	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return *text;
}

/*
 * The last part of what a link leads to, to be given back with free(); NULL if
 * there is no such link.
 */
char *vmig_read_link(const char *dir, const char *name)
{
	char target[PATH_MAX], *path, *last;
	ssize_t len;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return NULL;
	len = readlink(path, target, sizeof(target) - 1);
	free(path);
	if (len <= 0)
		return NULL;

	target[len] = '\0';
	last = strrchr(target, '/');
	return strdup(last ? last + 1 : target);
}

/* Also keeps what is no name at all, "." and "..", out of paths. */
static int is_name(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void vmig_close_folder(struct vmig_folder *folder)
{
	while (folder->n > 0)
		free(folder->entries[--folder->n]);
	free(folder->entries);
}

/* One that does not exist, or no longer, is empty. */
int vmig_open_folder(struct vfiomig *ctx, struct vmig_folder *folder,
		     const char *path)
{
	folder->entries = NULL;
	folder->n = scandir(path, &folder->entries, is_name, versionsort);
	if (folder->n >= 0)
		return 0;

	folder->n = 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return 0;
	return vmig_fail(ctx, VFIOMIG_CAUSE_SYSTEM, errno,
			 "cannot read %s: %s", path, strerror(errno));
}
