// SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause)
/*
 * The byte order of a profile. Netlink has that of the machine, a migration
 * stream has one of its own, and a machine of the other order swaps what it
 * writes and what it reads.
 *
 * A stream may bring anything: nothing is believed here but that the bytes are
 * there. The engine looks at the outcome.
 */

#include "order.h"

#ifdef __KERNEL__
#include <linux/string.h>
#include <uapi/linux/netlink.h>
#include <uapi/linux/swab.h>
#include <uapi/linux/vfio_mig.h>
#else
#include <string.h>
#include <linux/netlink.h>
#include <linux/swab.h>
#include <linux/vfio_mig.h>
#endif

enum {
	IN_OBJECT,
	IN_ATTR,
	IN_LABEL,
	IN_RANGE,
	IN_VALUE,
	IN_VERSION,
};

#define NEST	0x80

/*
 * What a member is: a number of so many bytes, or a nest of what. All others
 * stay as they are, also those not known: nobody will look into them either.
 * No nest leads back to where it stands, which is what ends the recursion.
 */
static const __u8 members[][VFIO_MIG_A_ATTR_MAX + 1] = {
	[IN_OBJECT] = {
		[VFIO_MIG_A_OBJECT_ATTR] = NEST | IN_ATTR,
	},
	[IN_ATTR] = {
		[VFIO_MIG_A_ATTR_U64] = 8,
		[VFIO_MIG_A_ATTR_VERSION] = NEST | IN_VERSION,
		[VFIO_MIG_A_ATTR_RULE] = 4,
		[VFIO_MIG_A_ATTR_SEVERITY] = 4,
		[VFIO_MIG_A_ATTR_MISSING] = 4,
		[VFIO_MIG_A_ATTR_ORIGIN] = 4,
		[VFIO_MIG_A_ATTR_SCOPE] = 4,
		[VFIO_MIG_A_ATTR_LABEL] = NEST | IN_LABEL,
		[VFIO_MIG_A_ATTR_ACCEPT] = NEST | IN_RANGE,
		[VFIO_MIG_A_ATTR_SETTABLE] = NEST | IN_RANGE,
	},
	[IN_LABEL] = {
		[VFIO_MIG_A_LABEL_BIT] = 4,
	},
	[IN_RANGE] = {
		[VFIO_MIG_A_RANGE_VALUE] = NEST | IN_VALUE,
		[VFIO_MIG_A_RANGE_MIN] = NEST | IN_VALUE,
		[VFIO_MIG_A_RANGE_MAX] = NEST | IN_VALUE,
	},
	[IN_VALUE] = {
		[VFIO_MIG_A_ATTR_U64] = 8,
		[VFIO_MIG_A_ATTR_VERSION] = NEST | IN_VERSION,
	},
	[IN_VERSION] = {
		[VFIO_MIG_A_VERSION_MAJOR] = 4,
		[VFIO_MIG_A_VERSION_MINOR] = 4,
		[VFIO_MIG_A_VERSION_PATCH] = 4,
	},
};

static void reverse(__u8 *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n / 2; i++) {
		__u8 byte = bytes[i];

		bytes[i] = bytes[n - 1 - i];
		bytes[n - 1 - i] = byte;
	}
}

static void swap_members(__u8 *wire, size_t left, unsigned int in, bool ours)
{
	while (left >= NLA_HDRLEN) {
		struct nlattr nla;
		size_t len, type;
		__u8 what = 0;

		memcpy(&nla, wire, sizeof(nla));
		len = ours ? nla.nla_len : __swab16(nla.nla_len);
		type = ours ? nla.nla_type : __swab16(nla.nla_type);
		if (len < NLA_HDRLEN || len > left)
			return;
		nla.nla_len = __swab16(nla.nla_len);
		nla.nla_type = __swab16(nla.nla_type);
		memcpy(wire, &nla, sizeof(nla));

		type &= NLA_TYPE_MASK;
		if (type <= VFIO_MIG_A_ATTR_MAX)
			what = members[in][type];
		if (what & NEST)
			swap_members(wire + NLA_HDRLEN, len - NLA_HDRLEN,
				     what & ~NEST, ours);
		else if (len - NLA_HDRLEN == what)
			reverse(wire + NLA_HDRLEN, what);

		len = NLA_ALIGN(len);
		if (len > left)
			return;
		wire += len;
		left -= len;
	}
}

/**
 * vfio_mig_order_swap - turn the bytes of all numbers of a profile
 * @wire: the attributes of an object, one after another; may be anything
 * @len: bytes at @wire
 * @ours: they are of this machine's order, and are to be of the other
 *
 * What cannot be walked stays as it is from there on.
 */
void vfio_mig_order_swap(void *wire, size_t len, bool ours)
{
	swap_members(wire, len, IN_OBJECT, ours);
}
