/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_EDIT_H
#define VFIO_MIG_EDIT_H

#include "registry.h"

int vfio_mig_edit(struct vfio_mig_net *ns, u32 id,
		  struct vfio_mig_edits *edits,
		  struct vfio_mig_refusal *refusal);

#endif
