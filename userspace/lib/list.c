// SPDX-License-Identifier: LGPL-2.1-or-later
/* Lists of objects. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct vfiomig_list *vfiomig_list_new(void)
{
	return calloc(1, sizeof(struct vfiomig_list));
}

/* Lets go of all but the first @len objects. */
void vmig_list_cut(struct vfiomig_list *list, size_t len)
{
	while (list->len > len)
		vfiomig_object_unref(list->objects[--list->len]);
}

void vfiomig_list_free(struct vfiomig_list *list)
{
	if (!list)
		return;
	vmig_list_cut(list, 0);
	free(list->objects);
	free(list);
}

size_t vfiomig_list_len(const struct vfiomig_list *list)
{
	return list->len;
}

struct vfiomig_object *vfiomig_list_get(const struct vfiomig_list *list,
					size_t index)
{
	return index < list->len ? list->objects[index] : NULL;
}

struct vfiomig_object *vfiomig_list_find(const struct vfiomig_list *list,
					 const char *handle)
{
	for (size_t i = 0; i < list->len; i++)
		if (!strcmp(list->objects[i]->handle, handle))
			return list->objects[i];

	return NULL;
}

int vfiomig_list_add(struct vfiomig_list *list, struct vfiomig_object *object)
{
	return vmig_list_insert(list, list->len, object);
}

static int by_id(const void *a, const void *b)
{
	const struct vfiomig_object *one = *(struct vfiomig_object **)a;
	const struct vfiomig_object *two = *(struct vfiomig_object **)b;

	return (one->id > two->id) - (one->id < two->id);
}

void vmig_list_sort(struct vfiomig_list *list)
{
	if (list->len)
		qsort(list->objects, list->len, sizeof(*list->objects), by_id);
}

/* Of objects of one handle the one with the greatest id comes first. */
static int by_handle(const void *a, const void *b)
{
	const struct vfiomig_object *one = *(struct vfiomig_object **)a;
	const struct vfiomig_object *two = *(struct vfiomig_object **)b;
	int order = strcmp(one->handle, two->handle);

	return order ? order : -by_id(a, b);
}

/*
 * Of objects of one handle, of which there is never more than one at a time,
 * keeps the one that has come last. Leaves the list sorted.
 */
void vmig_list_drop_older(struct vfiomig_list *list)
{
	size_t kept = 0;

	if (list->len)
		qsort(list->objects, list->len, sizeof(*list->objects),
		      by_handle);
	for (size_t i = 0; i < list->len; i++) {
		struct vfiomig_object *object = list->objects[i];

		if (kept && !strcmp(object->handle,
				    list->objects[kept - 1]->handle))
			vfiomig_object_unref(object);
		else
			list->objects[kept++] = object;
	}
	list->len = kept;
	vmig_list_sort(list);
}

/* Where in a sorted list is the object, or where would it be? */
bool vmig_list_search(const struct vfiomig_list *list, uint32_t id, size_t *at)
{
	size_t low = 0, high = list->len;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list->objects[mid]->id < id)
			low = mid + 1;
		else
			high = mid;
	}
	*at = low;
	return low < list->len && list->objects[low]->id == id;
}

int vmig_list_insert(struct vfiomig_list *list, size_t at,
		     struct vfiomig_object *object)
{
	if (list->len == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct vfiomig_object **objects;

		objects = reallocarray(list->objects, room, sizeof(*objects));
		if (!objects)
			return -ENOMEM;
		list->objects = objects;
		list->room = room;
	}
	memmove(&list->objects[at + 1], &list->objects[at],
		(list->len - at) * sizeof(*list->objects));
	list->objects[at] = vfiomig_object_ref(object);
	list->len++;
	return 0;
}

void vmig_list_remove(struct vfiomig_list *list, size_t at)
{
	vfiomig_object_unref(list->objects[at]);
	list->len--;
	memmove(&list->objects[at], &list->objects[at + 1],
		(list->len - at) * sizeof(*list->objects));
}
