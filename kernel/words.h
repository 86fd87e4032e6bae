/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_WORDS_H
#define VFIO_MIG_WORDS_H

#include <linux/types.h>

struct vfio_mig_view;

const struct vfio_mig_view *vfio_mig_word_find(const void *wire, size_t len);
void vfio_mig_word_put(const struct vfio_mig_view *view);
unsigned int vfio_mig_words_count(const void *wire, size_t len);
int vfio_mig_words_get(const struct vfio_mig_view **views, const void *wire,
		       size_t len);
void vfio_mig_words_hold(const struct vfio_mig_view **views,
			 const struct vfio_mig_view *const *like,
			 unsigned int n);
void vfio_mig_words_put(const struct vfio_mig_view *const *views,
			unsigned int n);

int vfio_mig_words_init(void);
void vfio_mig_words_exit(void);

#endif
