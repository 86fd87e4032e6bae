// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the engine found, in the form in which messages tell it.
 */

#include <net/netlink.h>

#include "finding.h"
#include "match.h"
#include "value.h"

/**
 * struct told - what a finding tells
 * @who: the attribute that it is named after
 * @source: the source's value, of type 0 if there is none
 * @target: the target's value, likewise
 * @set: the value to set, likewise
 */
struct told {
	const struct vfio_mig_view *who;
	struct vfio_mig_value source;
	struct vfio_mig_value target;
	struct vfio_mig_value set;
};

static struct told tell(const struct vfio_mig_finding *finding)
{
	struct told told = {
		.who = finding->source ?: finding->target,
	};

	if (finding->source)
		told.source = finding->source->value;
	if (finding->target)
		told.target = finding->target->value;
	if (finding->kind == VFIO_MIG_FINDING_KIND_SETTABLE)
		told.set = finding->set;
	return told;
}

/**
 * vfio_mig_finding_size - size of a nest that tells of a finding
 * @finding: the finding
 *
 * Return: bytes that vfio_mig_put_finding() takes.
 */
size_t vfio_mig_finding_size(const struct vfio_mig_finding *finding)
{
	const struct told told = tell(finding);

	return nla_total_size(nla_total_size(told.who->name_len + 1) +
			      nla_total_size(sizeof(u32)) +
			      (finding->rule ?
			       nla_total_size(sizeof(u32)) : 0) +
			      (finding->severity ?
			       nla_total_size(sizeof(u32)) : 0) +
			      vfio_mig_value_size(&told.source) +
			      vfio_mig_value_size(&told.target) +
			      vfio_mig_value_size(&told.set));
}

/**
 * vfio_mig_put_finding - write a finding as a nest
 * @skb: where to
 * @type: of the nest
 * @finding: the finding
 *
 * Return: 0 or -EMSGSIZE.
 */
int vfio_mig_put_finding(struct sk_buff *skb, int type,
			 const struct vfio_mig_finding *finding)
{
	const struct told told = tell(finding);
	struct nlattr *nest;

	nest = nla_nest_start(skb, type);
	if (!nest ||
	    vfio_mig_put_text(skb, VFIO_MIG_A_FINDING_NAME, told.who->name,
			      told.who->name_len) ||
	    nla_put_u32(skb, VFIO_MIG_A_FINDING_KIND, finding->kind) ||
	    (finding->rule &&
	     nla_put_u32(skb, VFIO_MIG_A_FINDING_RULE, finding->rule)) ||
	    (finding->severity &&
	     nla_put_u32(skb, VFIO_MIG_A_FINDING_SEVERITY,
			 finding->severity)) ||
	    vfio_mig_put_value(skb, VFIO_MIG_A_FINDING_SOURCE, &told.source) ||
	    vfio_mig_put_value(skb, VFIO_MIG_A_FINDING_TARGET, &told.target) ||
	    vfio_mig_put_value(skb, VFIO_MIG_A_FINDING_SET, &told.set))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}
