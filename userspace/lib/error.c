// SPDX-License-Identifier: LGPL-2.1-or-later
/* What went wrong, and the kernel's extended acks. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* What is said when there is no memory to say anything. */
static const char no_memory[] = "out of memory";

const struct vfiomig_error *vfiomig_last_error(const struct vfiomig *ctx)
{
	return &ctx->error;
}

/* The strings are const for the user alone. */
static void drop(const char *text)
{
	if (text != no_memory)
		free((void *)text);
}

void vmig_error_drop(struct vfiomig_error *error)
{
	drop(error->message);
	drop(error->kernel);
	drop(error->attribute);
	memset(error, 0, sizeof(*error));
}

void vmig_clear(struct vfiomig *ctx)
{
	vmig_error_drop(&ctx->error);
}

/* Says the same in better words. The kernel's own stay. */
void vmig_reword(struct vfiomig *ctx, const char *message)
{
	drop(ctx->error.message);
	ctx->error.message = strdup(message);
	if (!ctx->error.message)
		ctx->error.message = no_memory;
}

/* Returns -errnum, so that a failure can be told and returned in one line. */
int vmig_fail(struct vfiomig *ctx, enum vfiomig_cause cause, int errnum,
	      const char *format, ...)
{
	char *message;
	va_list args;

	/* the arguments may point into the error that is replaced */
	va_start(args, format);
	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	va_end(args);

	vmig_clear(ctx);
	ctx->error.cause = cause;
	ctx->error.errnum = errnum;
	ctx->error.message = message ? message : no_memory;
	return -errnum;
}

int vmig_nomem(struct vfiomig *ctx)
{
	return vmig_fail(ctx, VFIOMIG_CAUSE_SYSTEM, ENOMEM, no_memory);
}

/**
 * struct extack - the members of an extended ack that are used here
 * @msg: the kernel's words
 * @offs: where in the request the bad attribute is
 * @miss_type: number of an attribute that is not in the request
 * @miss_nest: where in the request the nest is that lacks it, none if it
 *   lacks at the top
 */
struct extack {
	const struct nlattr *msg;
	const struct nlattr *offs;
	const struct nlattr *miss_type;
	const struct nlattr *miss_nest;
};

static void extack_find(struct extack *ack, const struct nlattr *head, int len)
{
	const struct nlattr *pos;
	int rem;

	nla_for_each_attr(pos, head, len, rem) {
		bool number = nla_len(pos) == (int)sizeof(uint32_t);

		switch (nla_type(pos)) {
		case NLMSGERR_ATTR_MSG:
			ack->msg = pos;
			break;
		case NLMSGERR_ATTR_OFFS:
			ack->offs = number ? pos : NULL;
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			ack->miss_type = number ? pos : NULL;
			break;
		case NLMSGERR_ATTR_MISS_NEST:
			ack->miss_nest = number ? pos : NULL;
			break;
		}
	}
}

/* Appends the name of a member to a path, "a.b". Consumes the path. */
static char *path_append(char *path, const struct vmig_space *space,
			 unsigned int number)
{
	const struct vmig_member *member = vmig_member(space, number);
	const char *dot = *path ? "." : "";
	char *longer;
	int len;

	if (member)
		len = asprintf(&longer, "%s%s%s", path, dot, member->name);
	else
		len = asprintf(&longer, "%s%s#%u", path, dot, number);
	free(path);
	return len < 0 ? NULL : longer;
}

/* The attribute in which @target stands, or NULL. */
static const struct nlattr *attr_at(const struct nlattr *head, int len,
				    const char *target)
{
	const struct nlattr *pos;
	int rem;

	nla_for_each_attr(pos, head, len, rem) {
		const char *begin = (const char *)pos;

		if (target >= begin && target < begin + NLA_ALIGN(pos->nla_len))
			return pos;
	}
	return NULL;
}

/*
 * Walks the request down to what stands @offset bytes from its beginning, and
 * tells the path to it; @end is the set of attributes that it holds, if any.
 */
static char *path_at(const struct nlmsghdr *request,
		     const struct vmig_space *space, size_t offset,
		     const struct vmig_space **end)
{
	const struct nlattr *head = nlmsg_attrdata(request, GENL_HDRLEN);
	const char *target = (const char *)request + offset;
	int len = nlmsg_attrlen(request, GENL_HDRLEN);
	char *path = strdup("");

	while (path && space) {
		const struct nlattr *nla = attr_at(head, len, target);
		const struct vmig_member *member;

		if (!nla)
			break;
		path = path_append(path, space, nla_type(nla));
		member = vmig_member(space, nla_type(nla));
		space = member ? member->nest : NULL;
		if (target == (const char *)nla)
			break;
		head = nla_data(nla);
		len = nla_len(nla);
	}
	*end = space;
	return path;
}

static char *missing_path(const struct extack *ack,
			  const struct nlmsghdr *request,
			  const struct vmig_space *space)
{
	char *path;

	if (ack->miss_nest)
		path = path_at(request, space, nla_get_u32(ack->miss_nest),
			       &space);
	else
		path = strdup("");
	if (!path || !space)
		return path;

	return path_append(path, space, nla_get_u32(ack->miss_type));
}

/*
 * A change may hold many attributes: which of them is at fault counts more
 * than that it is an attribute. What in it is at fault goes into the message.
 */
static void tell_changed(struct vfiomig_error *error, const struct extack *ack,
			 const struct nlmsghdr *request)
{
	const struct nlattr *at = ack->miss_type ? ack->miss_nest : ack->offs;
	const struct nlattr *nla, *name = NULL;
	const char *member, *message;
	char *longer, *copy;

	if (!at)
		return;
	nla = attr_at(nlmsg_attrdata(request, GENL_HDRLEN),
		      nlmsg_attrlen(request, GENL_HDRLEN),
		      (const char *)request + nla_get_u32(at));
	if (nla && nla_type(nla) == VFIO_MIG_A_CHANGE_ATTR)
		name = nla_find(nla_data(nla), nla_len(nla),
				VFIO_MIG_A_ATTR_NAME);
	else if (nla && nla_type(nla) == VFIO_MIG_A_CHANGE_NAME)
		name = nla;
	copy = name ? strndup(nla_data(name), nla_len(name)) : NULL;
	if (!copy)
		return;

	member = error->attribute ? strchr(error->attribute, '.') : NULL;
	message = error->message;
	if (member && asprintf(&longer, "%s: %s", member + 1, message) >= 0) {
		drop(message);
		error->message = longer;
	}
	drop(error->attribute);
	error->attribute = copy;
	error->attribute_missing = false;
}

static void extack_tell(struct vfiomig_error *error, const struct extack *ack,
			const struct nlmsghdr *request,
			const struct vmig_space *space)
{
	const struct vmig_space *end;
	char *path = NULL;

	if (ack->msg)
		error->kernel = strndup(nla_data(ack->msg), nla_len(ack->msg));

	if (!request || !space)
		return;
	if (ack->miss_type)
		path = missing_path(ack, request, space);
	else if (ack->offs)
		path = path_at(request, space, nla_get_u32(ack->offs), &end);

	/* an offset of a header is that of no attribute */
	if (path && !*path) {
		free(path);
		path = NULL;
	}
	error->attribute = path;
	error->attribute_missing = path && ack->miss_type;
	if (space == &vmig_change_space)
		tell_changed(error, ack, request);
}

static enum vfiomig_cause cause_of(int errnum)
{
	switch (errnum) {
	case EPERM:
	case EACCES:
		return VFIOMIG_CAUSE_PERMISSION;
	case ENODEV:
	case ENOENT:
		return VFIOMIG_CAUSE_NOT_FOUND;
	default:
		return VFIOMIG_CAUSE_KERNEL;
	}
}

static const char *refusal(int errnum)
{
	switch (cause_of(errnum)) {
	case VFIOMIG_CAUSE_PERMISSION:
		return "not permitted";
	case VFIOMIG_CAUSE_NOT_FOUND:
		return "not found";
	default:
		break;
	}
	switch (errnum) {
	case EOPNOTSUPP:
		return "the kernel module does not know this request";
	case EEXIST:
		return "it is there already";
	case EDQUOT:
		return "there may be no more";
	default:
		return strerror(errnum);
	}
}

/*
 * The kernel has refused @request with @errnum. If its answer says more, that
 * begins @skip bytes into the answer's payload.
 */
int vmig_refused(struct vfiomig *ctx, int errnum, const struct nlmsghdr *answer,
		 size_t skip, const struct nlmsghdr *request,
		 const struct vmig_space *space)
{
	size_t have = nlmsg_datalen(answer);
	struct extack ack = { NULL };

	vmig_fail(ctx, cause_of(errnum), errnum, "%s", refusal(errnum));
	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS) || skip >= have)
		return -errnum;

	extack_find(&ack, (void *)((char *)nlmsg_data(answer) + skip),
		    have - skip);
	extack_tell(&ctx->error, &ack, request, space);
	return -errnum;
}
