// SPDX-License-Identifier: GPL-2.0-or-later
/* Network namespaces, as users name them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

#define NAMES "/run/netns"

static bool is_number(const char *text)
{
	return *text && !text[strspn(text, "0123456789")];
}

static bool is_netns(int fd)
{
	return ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET;
}

/* Opens it, and tells as what, for errors: to be given back with free(). */
static int open_spec(const char *spec, char **as)
{
	int fd;

	*as = strchr(spec, '/') ? format("%s", spec) :
				  format(NAMES "/%s", spec);
	fd = open(*as, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 || errno != ENOENT || strchr(spec, '/') ||
	    !is_number(spec))
		return fd;

	free(*as);
	*as = format("/proc/%s/ns/net", spec);
	return open(*as, O_RDONLY | O_CLOEXEC);
}

static int open_error(const struct cli *cli, const char *spec, const char *as,
		      int errnum)
{
	if (errnum == EACCES || errnum == EPERM)
		return permission_error(cli, errnum,
					"%s: not permitted to look at it", as);
	if (errnum == ENOENT && !strchr(spec, '/'))
		return input_error(cli, errnum,
				   "%s: no such network namespace: it is neither a name in "
				   NAMES " nor a process", spec);
	return input_error(cli, errnum, "%s: %s", as, strerror(errnum));
}

/*
 * Opens the namespace that a path, a name or a process stands for. If there is
 * none, tells so and returns the exit status; 0 if all is well.
 */
int netns_open(const struct cli *cli, const char *spec, int *fd)
{
	int rc = RC_OK;
	char *as;

	*fd = open_spec(spec, &as);
	if (*fd < 0) {
		rc = open_error(cli, spec, as, errno);
	} else if (!is_netns(*fd)) {
		rc = usage_error(cli, "%s: this is no network namespace", as);
		close(*fd);
	}
	free(as);
	return rc;
}

static bool is_ours(int fd)
{
	struct stat ours, other;

	return !stat("/proc/self/ns/net", &ours) && !fstat(fd, &other) &&
	       ours.st_dev == other.st_dev && ours.st_ino == other.st_ino;
}

/*
 * Who has no rights over his own namespace may have some over this one: those
 * that the user namespace gives to which it belongs.
 */
static int enter_with_owner(int fd)
{
	int user = ioctl(fd, NS_GET_USERNS);
	int err;

	if (user < 0)
		return -1;
	err = setns(user, CLONE_NEWUSER) ?: setns(fd, CLONE_NEWNET);
	close(user);
	return err;
}

/* Goes there, if we are not there already. Returns the exit status. */
int netns_enter(const struct cli *cli, const char *spec)
{
	int fd, rc;

	rc = netns_open(cli, spec, &fd);
	if (rc != RC_OK)
		return rc;
	if (!is_ours(fd) && setns(fd, CLONE_NEWNET) && enter_with_owner(fd))
		rc = permission_error(cli, EPERM,
				      "%s: not permitted to enter this network namespace",
				      spec);
	close(fd);
	return rc;
}
