// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profiles being written. Whoever describes an object adds attributes to a
 * draft, without looking at errors, and seals it.
 *
 * Attributes are put down as they are said: each is a nest that stays open
 * until the next one is begun. Whether it all makes sense is for the engine to
 * tell, once, when the draft is sealed; only then they are written in the one
 * form in which profiles are.
 */

#include <linux/err.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <net/netlink.h>

#include "draft.h"
#include "text.h"
#include "value.h"

/*
 * Attributes are not longer as they are said than as they are written. One of
 * which the rule was replaced leaves its first form behind.
 */
#define DRAFT_MAX	(2 * VFIO_MIG_PROFILE_MAX)

/* An attribute may have left out three numbers, which are written. */
#define NUMBERS		(3 * nla_total_size(sizeof(u32)))

/* Type of an attribute that does not count any more. The engine skips it. */
#define VOID_ATTR	0

/**
 * vfio_mig_draft_alloc - begin a profile
 *
 * Context: may sleep.
 * Return: an empty draft, or NULL for want of memory.
 */
struct vfio_mig_draft *vfio_mig_draft_alloc(void)
{
	struct vfio_mig_draft *draft = kmalloc(sizeof(*draft), GFP_KERNEL);

	if (!draft)
		return NULL;

	draft->skb = alloc_skb(DRAFT_MAX, GFP_KERNEL);
	if (!draft->skb) {
		kfree(draft);
		return NULL;
	}
	vfio_mig_draft_begin(draft);
	return draft;
}

/**
 * vfio_mig_draft_free - give a draft back
 * @draft: the draft, sealed or not
 */
void vfio_mig_draft_free(struct vfio_mig_draft *draft)
{
	kfree_skb(draft->skb);
	kfree(draft);
}

/**
 * vfio_mig_draft_begin - begin once more
 * @draft: the draft, of which nothing is left
 */
void vfio_mig_draft_begin(struct vfio_mig_draft *draft)
{
	skb_trim(draft->skb, 0);
	draft->open = NULL;
	draft->rule_only = false;
	draft->origin = VFIO_MIG_ORIGIN_VFIO;
	draft->asks = false;
	draft->err = 0;
	draft->reason = NULL;
	draft->name[0] = '\0';
}

static void fail(struct vfio_mig_draft *draft, int err, const char *reason)
{
	if (draft->err)
		return;
	draft->err = err;
	draft->reason = reason;
}

/**
 * vfio_mig_draft_fail - who describes the object cannot
 * @draft: the draft
 * @err: why
 * @reason: a phrase for people, static
 *
 * Unless something was wrong before, that is what sealing it returns.
 */
void vfio_mig_draft_fail(struct vfio_mig_draft *draft, int err,
			 const char *reason)
{
	if (!draft->err)
		draft->name[0] = '\0';
	fail(draft, err, reason);
}

static void close_attr(struct vfio_mig_draft *draft)
{
	if (draft->open)
		nla_nest_end(draft->skb, draft->open);
	draft->open = NULL;
	draft->rule_only = false;
}

/**
 * vfio_mig_draft_origin - from here on, somebody else adds attributes
 * @draft: the draft
 * @origin: who
 */
void vfio_mig_draft_origin(struct vfio_mig_draft *draft,
			   enum vfio_mig_origin origin)
{
	close_attr(draft);
	draft->origin = origin;
}

/* To be called with what an attempt to put something has returned. */
static void was_put(struct vfio_mig_draft *draft, int err)
{
	if (err)
		fail(draft, -E2BIG, "attributes take more than 6144 bytes");
}

/* Whatever is wrong from here on, it is about this attribute. */
static bool begin_attr(struct vfio_mig_draft *draft, const char *name)
{
	if (draft->err)
		return false;
	close_attr(draft);
	vfio_mig_text_clean(draft->name, sizeof(draft->name), name);
	draft->open = nla_nest_start(draft->skb, VFIO_MIG_A_OBJECT_ATTR);
	was_put(draft, draft->open ? 0 : -EMSGSIZE);
	return !draft->err;
}

static void add(struct vfio_mig_draft *draft, const char *name,
		const struct vfio_mig_value *value)
{
	if (!begin_attr(draft, name))
		return;
	was_put(draft, nla_put_string(draft->skb, VFIO_MIG_A_ATTR_NAME, name) ?:
		       vfio_mig_put_typed(draft->skb, value) ?:
		       nla_put_u32(draft->skb, VFIO_MIG_A_ATTR_ORIGIN,
				   draft->origin));
}

/* Is there an attribute of which a rule, or what belongs to it, can be said? */
static bool takes_rule(struct vfio_mig_draft *draft)
{
	if (!draft->open)
		vfio_mig_draft_fail(draft, -EINVAL,
				    "more is said before an attribute was begun");
	return !draft->err;
}

/* Is there one of which anything can be said? */
static bool goes_on(struct vfio_mig_draft *draft)
{
	if (takes_rule(draft) && draft->rule_only)
		fail(draft, -EINVAL,
		     "only the rule of VFIO's attribute can be replaced");
	return !draft->err;
}

/* One byte more than a string may have is enough for the engine to see it. */
static struct vfio_mig_value string_value(const char *string)
{
	return (struct vfio_mig_value) {
		.type = VFIO_MIG_A_ATTR_STRING,
		.len = string ? strnlen(string, VFIO_MIG_STRING_MAX + 1) : 0,
		.data = (const u8 *)string,
	};
}

/**
 * vfio_mig_draft_bool - begin an attribute: a truth value
 * @draft: the draft
 * @name: the attribute's name, which is copied
 * @value: its value
 *
 * Context: may be called in describe() and describe_type() only, as all
 * functions that take a draft.
 */
void vfio_mig_draft_bool(struct vfio_mig_draft *draft, const char *name,
			 bool value)
{
	const struct vfio_mig_value v = {
		.type = VFIO_MIG_A_ATTR_BOOL,
		.num = value,
	};

	add(draft, name, &v);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_bool);

/**
 * vfio_mig_draft_u64 - begin an attribute: a number
 * @draft: the draft
 * @name: the attribute's name, which is copied
 * @value: its value
 */
void vfio_mig_draft_u64(struct vfio_mig_draft *draft, const char *name,
			u64 value)
{
	const struct vfio_mig_value v = {
		.type = VFIO_MIG_A_ATTR_U64,
		.num = value,
	};

	add(draft, name, &v);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_u64);

/**
 * vfio_mig_draft_string - begin an attribute: a string
 * @draft: the draft
 * @name: the attribute's name, which is copied
 * @value: its value, 1 to 255 bytes of UTF-8 without control characters, which
 *	is copied
 */
void vfio_mig_draft_string(struct vfio_mig_draft *draft, const char *name,
			   const char *value)
{
	const struct vfio_mig_value v = string_value(value);

	add(draft, name, &v);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_string);

/**
 * vfio_mig_draft_version - begin an attribute: a version
 * @draft: the draft
 * @name: the attribute's name, which is copied
 * @major: its value: what must be the same under the rule semver
 * @minor: what may grow
 * @patch: what does not matter there
 */
void vfio_mig_draft_version(struct vfio_mig_draft *draft, const char *name,
			    u32 major, u32 minor, u32 patch)
{
	const struct vfio_mig_value v = {
		.type = VFIO_MIG_A_ATTR_VERSION,
		.version = { major, minor, patch },
	};

	add(draft, name, &v);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_version);

/**
 * vfio_mig_draft_bits - begin an attribute: a set of bits
 * @draft: the draft
 * @name: the attribute's name, which is copied
 * @words: its value, bit n in word n / 64
 * @n: how many @words there are, at most 4
 */
void vfio_mig_draft_bits(struct vfio_mig_draft *draft, const char *name,
			 const u64 *words, unsigned int n)
{
	__le64 bits[VFIO_MIG_BITS_MAX / 64] = { 0 };
	struct vfio_mig_value v = {
		.type = VFIO_MIG_A_ATTR_BITS,
		.data = (const u8 *)bits,
	};
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, n, ARRAY_SIZE(bits)); i++)
		bits[i] = cpu_to_le64(words[i]);
	/* there is one way to write a set */
	v.len = sizeof(bits);
	while (v.len && !v.data[v.len - 1])
		v.len--;

	add(draft, name, &v);
	if (n > ARRAY_SIZE(bits))
		fail(draft, -EINVAL, "more than 256 bits");
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_bits);

/**
 * vfio_mig_draft_rule - which values of a source the attribute accepts
 * @draft: the draft, in which the attribute was begun last, as for all
 *	functions that say more of one
 * @rule: the rule, instead of VFIO_MIG_RULE_EQUAL
 */
void vfio_mig_draft_rule(struct vfio_mig_draft *draft, enum vfio_mig_rule rule)
{
	if (takes_rule(draft))
		was_put(draft, nla_put_u32(draft->skb, VFIO_MIG_A_ATTR_RULE,
					   rule));
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_rule);

/**
 * vfio_mig_draft_severity - what it means that the attribute does not fit
 * @draft: the draft
 * @severity: what a value that is not accepted means, instead of
 *	VFIO_MIG_SEVERITY_FAIL
 * @missing: what it means that the other side does not have the attribute.
 *	One that is new in a driver's later release is not to make all hosts
 *	that have it incompatible with all that do not
 */
void vfio_mig_draft_severity(struct vfio_mig_draft *draft,
			     enum vfio_mig_severity severity,
			     enum vfio_mig_severity missing)
{
	if (goes_on(draft))
		was_put(draft, nla_put_u32(draft->skb,
					   VFIO_MIG_A_ATTR_SEVERITY,
					   severity) ?:
			       nla_put_u32(draft->skb, VFIO_MIG_A_ATTR_MISSING,
					   missing));
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_severity);

/**
 * vfio_mig_draft_label - what a bit of the attribute is called
 * @draft: the draft
 * @bit: the bit, above all that were called something before, 0 to 255
 * @name: its name, 1 to 31 letters, digits, dots, underscores and dashes,
 *	which is copied
 */
void vfio_mig_draft_label(struct vfio_mig_draft *draft, u32 bit,
			  const char *name)
{
	const struct vfio_mig_bit label = {
		.number = bit,
		.len = strnlen(name, VFIO_MIG_LABEL_MAX + 1),
		.name = name,
	};

	if (goes_on(draft))
		was_put(draft, vfio_mig_put_label(draft->skb, &label));
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_label);

static void put_range(struct vfio_mig_draft *draft, int type,
		      const struct vfio_mig_range *range)
{
	bool can = type == VFIO_MIG_A_ATTR_ACCEPT ? takes_rule(draft) :
						    goes_on(draft);

	if (can)
		was_put(draft, vfio_mig_put_range(draft->skb, type, range));
}

static void put_u64s(struct vfio_mig_draft *draft, int type, u64 min, u64 max)
{
	struct vfio_mig_range range = {
		.min = { .type = VFIO_MIG_A_ATTR_U64, .num = min },
		.max = { .type = VFIO_MIG_A_ATTR_U64, .num = max },
	};

	if (min == max) {
		range.value = range.min;
		range.min.type = 0;
		range.max.type = 0;
	} else if (max == U64_MAX) {
		range.max.type = 0;
		/* every number */
		if (!min)
			range.min.type = 0;
	}
	put_range(draft, type, &range);
}

static void put_string(struct vfio_mig_draft *draft, int type,
		       const char *value)
{
	struct vfio_mig_range range = { .value.type = 0 };

	if (value)
		range.value = string_value(value);
	put_range(draft, type, &range);
}

static struct vfio_mig_value
version_value(const struct vfio_mig_version *version)
{
	return (struct vfio_mig_value) {
		.type = VFIO_MIG_A_ATTR_VERSION,
		.version = { version->major, version->minor, version->patch },
	};
}

static void put_versions(struct vfio_mig_draft *draft, int type,
			 const struct vfio_mig_version *min,
			 const struct vfio_mig_version *max)
{
	struct vfio_mig_range range = { .value.type = 0 };

	if (min)
		range.min = version_value(min);
	if (max)
		range.max = version_value(max);
	if (min && max && vfio_mig_same_value(&range.min, &range.max)) {
		range.value = range.min;
		range.min.type = 0;
		range.max.type = 0;
	}
	put_range(draft, type, &range);
}

/**
 * vfio_mig_draft_accept_u64 - what else the rule one-of accepts: numbers
 * @draft: the draft
 * @min: the least of them
 * @max: the greatest, U64_MAX if there is no limit
 *
 * An attribute may have up to 32 of these entries.
 */
void vfio_mig_draft_accept_u64(struct vfio_mig_draft *draft, u64 min, u64 max)
{
	put_u64s(draft, VFIO_MIG_A_ATTR_ACCEPT, min, max);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_accept_u64);

/**
 * vfio_mig_draft_accept_string - what else the rule one-of accepts: a string
 * @draft: the draft
 * @value: the string, which is copied, or NULL for every string
 */
void vfio_mig_draft_accept_string(struct vfio_mig_draft *draft,
				  const char *value)
{
	put_string(draft, VFIO_MIG_A_ATTR_ACCEPT, value);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_accept_string);

/**
 * vfio_mig_draft_accept_version - what else the rule one-of accepts: versions
 * @draft: the draft
 * @min: the least of them, or NULL: from the first of @max's major
 * @max: the greatest, or NULL: to the last of @min's major
 *
 * Without both it is every version.
 */
void vfio_mig_draft_accept_version(struct vfio_mig_draft *draft,
				   const struct vfio_mig_version *min,
				   const struct vfio_mig_version *max)
{
	put_versions(draft, VFIO_MIG_A_ATTR_ACCEPT, min, max);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_accept_version);

/**
 * vfio_mig_draft_settable_u64 - what the attribute can be set to: numbers
 * @draft: the draft
 * @min: the least of them
 * @max: the greatest, U64_MAX if there is no limit
 *
 * The attribute is of rule equal or at-least, and says how much there is, not
 * how much more than with another type of device: a source of any type must
 * mean the same by it. It may have up to 32 of these entries. To set it, the
 * provider must have set().
 */
void vfio_mig_draft_settable_u64(struct vfio_mig_draft *draft, u64 min,
				 u64 max)
{
	put_u64s(draft, VFIO_MIG_A_ATTR_SETTABLE, min, max);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_settable_u64);

/**
 * vfio_mig_draft_settable_string - what the attribute can be set to: a string
 * @draft: the draft
 * @value: the string, which is copied, or NULL for every string
 */
void vfio_mig_draft_settable_string(struct vfio_mig_draft *draft,
				    const char *value)
{
	put_string(draft, VFIO_MIG_A_ATTR_SETTABLE, value);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_settable_string);

/**
 * vfio_mig_draft_settable_version - what the attribute can be set to: versions
 * @draft: the draft
 * @min: as of vfio_mig_draft_accept_version()
 * @max: likewise
 */
void vfio_mig_draft_settable_version(struct vfio_mig_draft *draft,
				     const struct vfio_mig_version *min,
				     const struct vfio_mig_version *max)
{
	put_versions(draft, VFIO_MIG_A_ATTR_SETTABLE, min, max);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_settable_version);

/* The attribute of that name that counts, of origin vfio. */
static struct nlattr *find_attr(struct vfio_mig_draft *draft, const char *name)
{
	struct nlattr *attr, *member;
	int left;

	nla_for_each_attr(attr, (struct nlattr *)draft->skb->data,
			  draft->skb->len, left) {
		if (nla_type(attr) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		member = nla_find_nested(attr, VFIO_MIG_A_ATTR_NAME);
		if (nla_strcmp(member, name))
			continue;
		member = nla_find_nested(attr, VFIO_MIG_A_ATTR_ORIGIN);
		if (nla_get_u32(member) == VFIO_MIG_ORIGIN_VFIO)
			return attr;
	}
	return NULL;
}

static int copy_but_rule(struct sk_buff *skb, const struct nlattr *attr)
{
	const struct nlattr *nla;
	int left;

	nla_for_each_nested(nla, attr, left) {
		switch (nla_type(nla)) {
		case VFIO_MIG_A_ATTR_RULE:
		case VFIO_MIG_A_ATTR_ACCEPT:
			continue;
		}
		if (nla_put(skb, nla->nla_type, nla_len(nla), nla_data(nla)))
			return -EMSGSIZE;
	}
	return 0;
}

/**
 * vfio_mig_draft_replace_rule - give an attribute of VFIO's another rule
 * @draft: the draft
 * @name: the attribute's name, that of any but "device_api" and "migratable"
 * @rule: the rule
 *
 * The attribute counts as begun last: what a rule one-of accepts is said next.
 * Its value and its severity stay what they are.
 */
void vfio_mig_draft_replace_rule(struct vfio_mig_draft *draft,
				 const char *name, enum vfio_mig_rule rule)
{
	struct nlattr *old;

	if (draft->err)
		return;
	close_attr(draft);
	old = find_attr(draft, name);
	if (!begin_attr(draft, name))
		return;
	if (!old) {
		fail(draft, -ENOENT, "VFIO has no attribute of this name");
		return;
	}
	if (!strcmp(name, "device_api") || !strcmp(name, "migratable")) {
		fail(draft, -EINVAL,
		     "the rule of this attribute cannot be replaced");
		return;
	}
	was_put(draft, copy_but_rule(draft->skb, old));
	old->nla_type = VOID_ATTR;
	vfio_mig_draft_rule(draft, rule);
	draft->rule_only = true;
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_replace_rule);

/**
 * vfio_mig_draft_tell - add the attribute "migratable"
 * @draft: the draft
 * @migratable: can the state of the device, or of the devices of the type, be
 *	saved and restored?
 */
void vfio_mig_draft_tell(struct vfio_mig_draft *draft, bool migratable)
{
	vfio_mig_draft_bool(draft, "migratable", migratable);
	if (!migratable)
		vfio_mig_draft_rule(draft, VFIO_MIG_RULE_NONE);
	vfio_mig_draft_severity(draft, VFIO_MIG_SEVERITY_FAIL,
				VFIO_MIG_SEVERITY_UNDECIDED);
}

/**
 * vfio_mig_draft_migratable - tell whether devices of a type can be migrated
 * @draft: the draft, of a type: of a device, VFIO knows it
 * @migratable: whether they can
 *
 * Where a device of the type has shown it, that is what counts.
 */
void vfio_mig_draft_migratable(struct vfio_mig_draft *draft, bool migratable)
{
	if (draft->asks)
		vfio_mig_draft_tell(draft, migratable);
}
EXPORT_SYMBOL_GPL(vfio_mig_draft_migratable);

static int put_handle(struct sk_buff *skb, u32 id,
		      const struct vfio_mig_handle *handle)
{
	if (nla_put_u32(skb, VFIO_MIG_A_OBJECT_ID, id) ||
	    nla_put_string(skb, VFIO_MIG_A_OBJECT_BUS, handle->bus) ||
	    (handle->parent &&
	     nla_put_string(skb, VFIO_MIG_A_OBJECT_PARENT, handle->parent)) ||
	    nla_put_string(skb, VFIO_MIG_A_OBJECT_NAME, handle->name))
		return -EMSGSIZE;
	return 0;
}

static size_t handle_size(const struct vfio_mig_handle *handle)
{
	return nla_total_size(sizeof(u32)) +
	       nla_total_size(strlen(handle->bus) + 1) +
	       (handle->parent ?
		nla_total_size(strlen(handle->parent) + 1) : 0) +
	       nla_total_size(strlen(handle->name) + 1);
}

static void tell_fault(struct vfio_mig_draft *draft, int err,
		       const char *reason, const char *name)
{
	vfio_mig_text_clean(draft->name, sizeof(draft->name), name);
	fail(draft, err, reason);
}

/* Name of the attribute at an offset, even if it is no good name. */
static const char *name_at(const struct vfio_mig_draft *draft, u32 offset)
{
	const void *at = draft->skb->data + offset;
	const struct nlattr *attr, *name = NULL;
	int left;

	nla_for_each_attr(attr, (const struct nlattr *)draft->skb->data,
			  draft->skb->len, left) {
		if (at >= (void *)attr + attr->nla_len)
			continue;
		name = nla_find_nested(attr, VFIO_MIG_A_ATTR_NAME);
		break;
	}
	return name ? nla_data(name) : "";
}

/* Each is read, and nothing unknown is in it. */
static int write_attrs(struct sk_buff *skb, struct vfio_mig_draft *draft)
{
	const struct vfio_mig_index *index = &draft->index;
	struct vfio_mig_count count = { 0 };
	const struct vfio_mig_view *view;
	const char *reason;
	unsigned int i;
	size_t before;
	int err;

	for (i = 0; i < index->n; i++) {
		view = &index->views[index->order[i]];
		before = skb->len;
		err = vfio_mig_put_view(skb, view);
		if (WARN_ON_ONCE(err))
			return err;
		reason = vfio_mig_count_attr(&count, skb->len - before);
		if (reason) {
			tell_fault(draft, -E2BIG, reason, view->name);
			return -E2BIG;
		}
	}
	return 0;
}

static int write_profile(struct sk_buff *skb, struct vfio_mig_draft *draft)
{
	struct vfio_mig_fault fault;
	int err;

	err = vfio_mig_index_read(&draft->index, draft->skb->data,
				  draft->skb->len, false, &fault);
	if (err) {
		tell_fault(draft, err, fault.reason,
			   name_at(draft, fault.offset));
		return err;
	}
	return write_attrs(skb, draft);
}

/**
 * vfio_mig_draft_seal - make a profile of a draft
 * @draft: the draft, which stays the caller's, and tells what is wrong
 * @id: id of the object
 * @handle: handle of the object
 *
 * Context: may sleep.
 * Return: a profile of one reference, the caller's, or an ERR_PTR: -ENOMEM, or
 * the error in @draft, which is -E2BIG if it is over a limit.
 */
struct vfio_mig_profile *
vfio_mig_draft_seal(struct vfio_mig_draft *draft, u32 id,
		    const struct vfio_mig_handle *handle)
{
	size_t head = handle_size(handle);
	struct vfio_mig_profile *profile;
	struct sk_buff *skb;
	int err = -ENOMEM;

	close_attr(draft);
	if (draft->err)
		return ERR_PTR(draft->err);

	skb = alloc_skb(head + VFIO_MIG_PROFILE_MAX +
			VFIO_MIG_ATTRS_MAX * NUMBERS, GFP_KERNEL);
	if (skb)
		err = put_handle(skb, id, handle) ?:
		      write_profile(skb, draft);
	profile = err ? NULL : vfio_mig_profile_alloc(skb->data, head,
						      skb->len);
	if (profile)
		profile->id = id;

	kfree_skb(skb);
	return profile ?: ERR_PTR(err ?: -ENOMEM);
}
