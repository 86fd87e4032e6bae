// SPDX-License-Identifier: GPL-2.0-or-later
/* What the tests' kernel keeps of policies. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_policy.h"

#define PARTS	(VFIO_MIG_POLICY_DRIVERS_MAX + 1)

/**
 * struct part - what the policy says of a driver, or of all
 * @driver: the driver, empty for all
 * @seq: number of the last event that told of it
 * @attrs: what it says, as POLICY_ATTR
 */
struct part {
	char driver[VFIO_MIG_STRING_MAX + 1];
	uint64_t seq;
	struct nl_msg *attrs;
};

static struct part parts[PARTS];
static unsigned int n_parts;

static struct nl_msg *new_msg(void)
{
	struct nl_msg *msg = nlmsg_alloc_size(32768);

	assert_non_null(msg);
	assert_non_null(nlmsg_put(msg, 0, 0, 0, 0, 0));
	return msg;
}

static struct nlattr *member(const struct nlattr *nest, int type)
{
	return nla_find(nla_data(nest), nla_len(nest), type);
}

static const char *name_of(const struct nlattr *nest)
{
	return nla_get_string(member(nest, VFIO_MIG_A_ATTR_NAME));
}

static bool has_value(const struct nlattr *nest)
{
	for (int i = VFIO_MIG_A_ATTR_BOOL; i <= VFIO_MIG_A_ATTR_BITS; i++)
		if (member(nest, i))
			return true;
	return false;
}

static struct nlattr *find_attr(struct nl_msg *attrs, const char *name)
{
	struct nlattr *pos;
	int rem;

	nlmsg_for_each_attr(pos, nlmsg_hdr(attrs), 0, rem)
		if (!strcmp(name_of(pos), name))
			return pos;
	return NULL;
}

/* Is it set, or deleted, by the request? */
static bool is_meant(const struct nlmsghdr *req, const char *name)
{
	struct nlattr *pos;
	int rem;

	nlmsg_for_each_attr(pos, (struct nlmsghdr *)req, GENL_HDRLEN, rem) {
		if (nla_type(pos) == VFIO_MIG_A_CHANGE_ATTR &&
		    !strcmp(name_of(pos), name))
			return true;
		if (nla_type(pos) == VFIO_MIG_A_CHANGE_NAME &&
		    !strcmp(nla_get_string(pos), name))
			return true;
	}
	return false;
}

static void put_number(struct nl_msg *to, const struct nlattr *nest, int type,
		       uint32_t number)
{
	struct nlattr *nla = member(nest, type);

	nla_put_u32(to, type, nla ? nla_get_u32(nla) : number);
}

static void put_attr(struct nl_msg *to, const struct nlattr *from,
		     uint32_t scope)
{
	struct nlattr *nest = nla_nest_start(to, VFIO_MIG_A_POLICY_ATTR);
	struct nlattr *pos;
	int rem;

	nla_for_each_nested(pos, from, rem) {
		int type = nla_type(pos);

		if (type < VFIO_MIG_A_ATTR_SEVERITY ||
		    type > VFIO_MIG_A_ATTR_ORIGIN)
			nla_put(to, pos->nla_type, nla_len(pos),
				nla_data(pos));
	}
	if (has_value(from)) {
		if (!member(from, VFIO_MIG_A_ATTR_RULE))
			nla_put_u32(to, VFIO_MIG_A_ATTR_RULE,
				    VFIO_MIG_RULE_EQUAL);
		put_number(to, from, VFIO_MIG_A_ATTR_SEVERITY,
			   VFIO_MIG_SEVERITY_FAIL);
		put_number(to, from, VFIO_MIG_A_ATTR_MISSING,
			   VFIO_MIG_SEVERITY_FAIL);
		nla_put_u32(to, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_ADMIN);
	}
	nla_put_u32(to, VFIO_MIG_A_ATTR_SCOPE, scope);
	nla_nest_end(to, nest);
}

static void tell(struct nl_msg *msg, const struct part *part)
{
	struct nlmsghdr *nlh = nlmsg_hdr(part->attrs);

	nla_put_u32(msg, VFIO_MIG_A_POLICY_SCOPE, part->driver[0] ?
		    VFIO_MIG_SCOPE_DRIVER : VFIO_MIG_SCOPE_ALL);
	if (part->driver[0])
		nla_put_string(msg, VFIO_MIG_A_POLICY_DRIVER, part->driver);
	put_u64(msg, VFIO_MIG_A_POLICY_SEQ, part->seq);
	assert_int_equal(nlmsg_append(msg, nlmsg_attrdata(nlh, 0),
				      nlmsg_attrlen(nlh, 0), NLMSG_ALIGNTO),
			 0);
}

bool kernel_policy_tell(struct nl_msg *msg, unsigned int index)
{
	if (index >= n_parts)
		return false;
	tell(msg, &parts[index]);
	return true;
}

static void remove_part(struct part *part)
{
	nlmsg_free(part->attrs);
	memmove(part, part + 1,
		(char *)&parts[n_parts] - (char *)(part + 1));
	n_parts--;
}

void kernel_policy_forget(void)
{
	while (n_parts)
		remove_part(parts);
}

static struct part *find_part(const char *driver)
{
	for (unsigned int i = 0; i < n_parts; i++)
		if (!strcmp(parts[i].driver, driver))
			return &parts[i];

	assert_true(n_parts < PARTS);
	parts[n_parts] = (struct part){ .attrs = new_msg() };
	memcpy(parts[n_parts].driver, driver, strlen(driver) + 1);
	return &parts[n_parts++];
}

static bool edit(const struct nlmsghdr *req, const struct part *part,
		 struct nl_msg *to, struct refusal *r)
{
	uint32_t scope = part->driver[0] ? VFIO_MIG_SCOPE_DRIVER :
					   VFIO_MIG_SCOPE_ALL;
	bool replace = nlmsg_find_attr((struct nlmsghdr *)req, GENL_HDRLEN,
				       VFIO_MIG_A_CHANGE_REPLACE);
	unsigned int values = 0;
	struct nlattr *pos;
	int rem;

	nlmsg_for_each_attr(pos, nlmsg_hdr(part->attrs), 0, rem)
		if (!replace && !is_meant(req, name_of(pos)))
			nla_put(to, pos->nla_type, nla_len(pos),
				nla_data(pos));
	nlmsg_for_each_attr(pos, (struct nlmsghdr *)req, GENL_HDRLEN, rem) {
		if (nla_type(pos) == VFIO_MIG_A_CHANGE_ATTR) {
			put_attr(to, pos, scope);
		} else if (nla_type(pos) == VFIO_MIG_A_CHANGE_NAME &&
			   !find_attr(part->attrs, nla_get_string(pos))) {
			r->err = ENOENT;
			r->text = "the policy has no attribute of this name";
			r->offset = (char *)pos - (char *)req;
			return false;
		}
	}
	nlmsg_for_each_attr(pos, nlmsg_hdr(to), 0, rem)
		values += has_value(pos);
	if (values > kernel.admin_max) {
		r->err = EDQUOT;
		r->text = "more than 16 attributes of one driver, or of all";
		return false;
	}
	return true;
}

/* How much would a device of that driver have to leave out? */
static unsigned int left_out(const struct part *part, struct nl_msg *all)
{
	unsigned int values = 0;
	struct nlattr *pos;
	int rem;

	nlmsg_for_each_attr(pos, nlmsg_hdr(part->attrs), 0, rem)
		values += has_value(pos);
	nlmsg_for_each_attr(pos, nlmsg_hdr(all), 0, rem)
		values += has_value(pos) &&
			  !find_attr(part->attrs, name_of(pos));
	return values > kernel.admin_max ? values - kernel.admin_max : 0;
}

/* Would there be less room anywhere, were that said in the place of @part? */
static bool takes_room(const struct nlmsghdr *req, const struct part *part,
		       struct nl_msg *attrs, struct refusal *r)
{
	struct part all = { .attrs = new_msg() };
	struct nl_msg *nothing = all.attrs;
	bool takes = false;

	for (unsigned int i = 0; i < n_parts; i++)
		if (!parts[i].driver[0])
			all = parts[i];
	for (unsigned int i = 0; i < n_parts; i++) {
		struct part then = parts[i];

		if (&parts[i] == part)
			then.attrs = attrs;
		if (then.driver[0] &&
		    left_out(&then, part->driver[0] ? all.attrs : attrs) >
		    left_out(&parts[i], all.attrs))
			takes = true;
	}
	nlmsg_free(nothing);
	/* as in the kernel, taking something back is not judged */
	if (!takes || !nlmsg_find_attr((struct nlmsghdr *)req, GENL_HDRLEN,
				       VFIO_MIG_A_CHANGE_ATTR))
		return false;
	r->err = EDQUOT;
	r->text = "a device or type has no room for it";
	return true;
}

static bool same_attrs(struct nl_msg *a, struct nl_msg *b)
{
	int len = nlmsg_attrlen(nlmsg_hdr(a), 0);

	return len == nlmsg_attrlen(nlmsg_hdr(b), 0) &&
	       !memcmp(nlmsg_attrdata(nlmsg_hdr(a), 0),
		       nlmsg_attrdata(nlmsg_hdr(b), 0), len);
}

struct nl_msg *kernel_policy_edit(const struct nlmsghdr *req, uint64_t seq,
				  struct refusal *r)
{
	struct nlattr *driver = nlmsg_find_attr((struct nlmsghdr *)req,
						GENL_HDRLEN,
						VFIO_MIG_A_CHANGE_DRIVER);
	struct part *part = find_part(driver ? nla_get_string(driver) : "");
	struct nl_msg *attrs = new_msg(), *told = NULL;

	if (edit(req, part, attrs, r) && !same_attrs(attrs, part->attrs) &&
	    !(kernel.crowded && takes_room(req, part, attrs, r))) {
		nlmsg_free(part->attrs);
		part->attrs = attrs;
		part->seq = seq;
		told = new_msg();
		tell(told, part);
	} else {
		nlmsg_free(attrs);
	}
	if (!nlmsg_attrlen(nlmsg_hdr(part->attrs), 0))
		remove_part(part);
	return told;
}
