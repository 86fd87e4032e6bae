/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libvfiomig: what the VFIO devices of this host are, and what they accept
 * from a migration, as the generic netlink family vfio_mig tells it.
 *
 * Conventions
 * -----------
 * A function that returns int returns 0 on success, or a negative errno; what
 * went wrong is then told by vfiomig_last_error() of the context.
 *
 * A pointer to something const still belongs to the library. What a function
 * hands out through a pointer to a pointer belongs to the caller, who gives it
 * back with the function that its description names.
 *
 * Structures that the library fills in are always allocated by the library,
 * and may grow at their end in later versions: never copy them by value. Those
 * that stand in arrays or in other structures never grow: vfiomig_value,
 * vfiomig_range, vfiomig_label, vfiomig_unknown, vfiomig_finding,
 * vfiomig_obstacle and vfiomig_diagnosis.
 *
 * Strings of the kernel are passed on as they are. They may hold any bytes but
 * 0; vfiomig_printable() makes them fit for a terminal, the functions that
 * write JSON do so themselves.
 *
 * A context and what hangs on it is for one thread at a time; objects never
 * change and may be shared between threads.
 */
#ifndef VFIOMIG_H
#define VFIOMIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VFIOMIG_VERSION "0.1.0"

/* The value of "schema" in the profile documents written here. */
#define VFIOMIG_PROFILE_SCHEMA "vfio_mig/profile/1"

/* The same in policy documents. */
#define VFIOMIG_POLICY_SCHEMA "vfio_mig/policy/1"

struct json_object;
struct vfiomig;
struct vfiomig_check;
struct vfiomig_fleet;
struct vfiomig_list;
struct vfiomig_object;
struct vfiomig_policy;
struct vfiomig_watch;

/* ---------------------------------------------------------------- context */

/**
 * vfiomig_new() - make a context
 *
 * Opens nothing: the socket is opened, and the family looked up, by the first
 * request.
 *
 * Return: a context, to be given back with vfiomig_free(), or NULL if there is
 * no memory.
 */
struct vfiomig *vfiomig_new(void);

/**
 * vfiomig_free() - close a context
 * @ctx: the context, or NULL
 *
 * Objects and lists live on, watches must have been closed before.
 */
void vfiomig_free(struct vfiomig *ctx);

/**
 * vfiomig_version() - the version of the library that runs
 *
 * Return: a string as VFIOMIG_VERSION, which is what was compiled against.
 */
const char *vfiomig_version(void);

/**
 * enum vfiomig_cause - whose fault an error is
 * @VFIOMIG_CAUSE_NONE: there was none
 * @VFIOMIG_CAUSE_INPUT: the caller's, such as a malformed handle, or a document
 *   that cannot be read
 * @VFIOMIG_CAUSE_FAMILY: the kernel does not offer the family here
 * @VFIOMIG_CAUSE_PERMISSION: the caller may not do that
 * @VFIOMIG_CAUSE_NOT_FOUND: there is no such device, type or attribute
 * @VFIOMIG_CAUSE_KERNEL: the kernel refused otherwise, or said what cannot be
 *   understood
 * @VFIOMIG_CAUSE_SYSTEM: this process's: memory, other files
 */
enum vfiomig_cause {
	VFIOMIG_CAUSE_NONE,
	VFIOMIG_CAUSE_INPUT,
	VFIOMIG_CAUSE_FAMILY,
	VFIOMIG_CAUSE_PERMISSION,
	VFIOMIG_CAUSE_NOT_FOUND,
	VFIOMIG_CAUSE_KERNEL,
	VFIOMIG_CAUSE_SYSTEM,
};

/**
 * struct vfiomig_error - what went wrong
 * @cause: whose fault it is
 * @errnum: the errno, positive, as the kernel gave it
 * @message: a phrase that a person understands, without a full stop
 * @kernel: the kernel's own words, or NULL
 * @attribute: the attribute that the kernel pointed at, by its name in the
 *   netlink specification, nests divided by dots; where it is one of a
 *   profile's, that attribute's own name; or NULL
 * @attribute_missing: @attribute was not in the request, but should have been
 */
struct vfiomig_error {
	enum vfiomig_cause cause;
	int errnum;
	const char *message;
	const char *kernel;
	const char *attribute;
	bool attribute_missing;
};

/**
 * vfiomig_last_error() - what went wrong last
 * @ctx: the context
 *
 * Return: the error of the last call on @ctx that failed, valid until the next
 * call on @ctx. Never NULL.
 */
const struct vfiomig_error *vfiomig_last_error(const struct vfiomig *ctx);

/* ---------------------------------------------------------------- handles */

/**
 * struct vfiomig_handle - a device's or type's name, in its parts
 * @bus: bus, such as "pci" or "mdev"
 * @parent: device that a type belongs to, NULL for a device
 * @name: name of the device or type
 */
struct vfiomig_handle {
	const char *bus;
	const char *parent;
	const char *name;
};

/**
 * vfiomig_handle_parse() - read a handle
 * @ctx: the context, for the error
 * @text: BUS/NAME for a device, BUS/PARENT/TYPE for a type
 * @handle: the handle, to be given back with vfiomig_handle_free()
 *
 * A part may hold anything but a slash, and must neither be empty nor longer
 * than the kernel takes (63 bytes for the bus, 255 for the others).
 *
 * Return: 0, -EINVAL if @text is no handle, -ENOMEM.
 */
int vfiomig_handle_parse(struct vfiomig *ctx, const char *text,
			 struct vfiomig_handle **handle);

/**
 * vfiomig_handle_free() - give back a handle
 * @handle: the handle, or NULL
 */
void vfiomig_handle_free(struct vfiomig_handle *handle);

/* ---------------------------------------------------------------- objects */

/**
 * enum vfiomig_kind - what an object is
 * @VFIOMIG_DEVICE: a VFIO device
 * @VFIOMIG_TYPE: something that a device can be created from
 */
enum vfiomig_kind {
	VFIOMIG_DEVICE = 1,
	VFIOMIG_TYPE,
};

/**
 * enum vfiomig_value_type - what an attribute's value is
 * @VFIOMIG_VALUE_UNKNOWN: something that this library does not know; it stands
 *   among the attribute's unknown members
 * @VFIOMIG_VALUE_BOOL: true or false
 * @VFIOMIG_VALUE_U64: a number
 * @VFIOMIG_VALUE_STRING: text
 * @VFIOMIG_VALUE_VERSION: a version of three numbers
 * @VFIOMIG_VALUE_BITS: a set of bits
 */
enum vfiomig_value_type {
	VFIOMIG_VALUE_UNKNOWN,
	VFIOMIG_VALUE_BOOL,
	VFIOMIG_VALUE_U64,
	VFIOMIG_VALUE_STRING,
	VFIOMIG_VALUE_VERSION,
	VFIOMIG_VALUE_BITS,
};

/* Bits in a set. */
#define VFIOMIG_BITS 256

/**
 * struct vfiomig_value - a value
 * @type: which member of the union is set
 * @boolean: a bool
 * @u64: a number
 * @string: a string
 * @version: a version
 * @version.major: first number
 * @version.minor: second number
 * @version.patch: third number
 * @bits: a set of bits, bit n in byte n / 8
 *
 * Of type VFIOMIG_VALUE_UNKNOWN it is not there, or nothing is known of it.
 */
struct vfiomig_value {
	enum vfiomig_value_type type;
	union {
		bool boolean;
		uint64_t u64;
		const char *string;
		struct {
			uint32_t major;
			uint32_t minor;
			uint32_t patch;
		} version;
		uint8_t bits[VFIOMIG_BITS / 8];
	};
};

/**
 * struct vfiomig_range - one value, or all from one to another
 * @value: the one value
 * @min: without @value, the least one
 * @max: without @value, the greatest one
 *
 * Where one end is not there, a number runs to its limit, a version to the
 * edge of the other end's major. Without any it is every value.
 */
struct vfiomig_range {
	struct vfiomig_value value;
	struct vfiomig_value min;
	struct vfiomig_value max;
};

/**
 * struct vfiomig_label - what a bit is called
 * @bit: number of the bit
 * @name: its name
 */
struct vfiomig_label {
	uint32_t bit;
	const char *name;
};

/**
 * struct vfiomig_unknown - something on the wire that has no name here
 * @where: the set of attributes it was found in: "object", "attr", "status",
 *   "version", "label", "range", "value", "left-out" or "policy"
 * @number: its number in that set
 * @len: bytes at @data
 * @data: its payload
 */
struct vfiomig_unknown {
	const char *where;
	uint16_t number;
	size_t len;
	const void *data;
};

/**
 * struct vfiomig_attr - one attribute of a profile
 * @name: what it is called
 * @value: its value, whose members can also be named without it
 * @type: which member of the union is set
 * @boolean: the value of a bool
 * @u64: the value of a number
 * @string: the value of a string
 * @version: the value of a version
 * @version.major: first number
 * @version.minor: second number
 * @version.patch: third number
 * @bits: the value of a set of bits, bit n in byte n / 8
 * @rule: number of enum vfio_mig_rule in <linux/vfio_mig.h>, or a newer one,
 *   or 0 if the kernel did not tell
 * @severity: number of enum vfio_mig_severity, likewise
 * @missing: number of enum vfio_mig_severity, likewise
 * @origin: number of enum vfio_mig_origin, likewise
 * @n_labels: how many @labels there are
 * @labels: names of bits, in ascending order of the bits
 * @n_unknown: how many members there are that have no name here
 * @unknown: these members
 * @n_accept: how many entries @accept has
 * @accept: what the rule one-of accepts besides the value
 * @n_settable: how many entries @settable has
 * @settable: what the value can be set to before a migration
 * @scope: number of enum vfio_mig_scope, of what the administrator has said
 *   it; 0 if he has not, or if it is not known
 */
struct vfiomig_attr {
	const char *name;
	union {
		struct vfiomig_value value;
		struct {
			enum vfiomig_value_type type;
			union {
				bool boolean;
				uint64_t u64;
				const char *string;
				struct {
					uint32_t major;
					uint32_t minor;
					uint32_t patch;
				} version;
				uint8_t bits[VFIOMIG_BITS / 8];
			};
		};
	};
	uint32_t rule;
	uint32_t severity;
	uint32_t missing;
	uint32_t origin;
	size_t n_labels;
	const struct vfiomig_label *labels;
	size_t n_unknown;
	const struct vfiomig_unknown *unknown;
	size_t n_accept;
	const struct vfiomig_range *accept;
	size_t n_settable;
	const struct vfiomig_range *settable;
	uint32_t scope;
};

/**
 * vfiomig_object_ref() - hold an object
 * @object: the object
 *
 * Return: @object, to be given back with vfiomig_object_unref().
 */
struct vfiomig_object *vfiomig_object_ref(struct vfiomig_object *object);

/**
 * vfiomig_object_unref() - let go of an object
 * @object: the object, or NULL
 */
void vfiomig_object_unref(struct vfiomig_object *object);

/**
 * vfiomig_object_kind() - device or type?
 * @object: the object
 *
 * Return: what it is.
 */
enum vfiomig_kind vfiomig_object_kind(const struct vfiomig_object *object);

/**
 * vfiomig_object_handle() - what an object is called
 * @object: the object
 *
 * Return: its handle, as vfiomig_handle_parse() reads it.
 */
const char *vfiomig_object_handle(const struct vfiomig_object *object);

/**
 * vfiomig_object_id() - the kernel's number for an object
 * @object: the object
 *
 * Return: the number, never used twice while the module is loaded; 0 for what
 * was read from sysfs, or from a document that does not tell.
 */
uint32_t vfiomig_object_id(const struct vfiomig_object *object);

/**
 * vfiomig_object_seq() - how new an object is
 * @object: the object
 *
 * Return: number of the last event that spoke of it; 0 for what was read from
 * sysfs, or from a document that does not tell.
 */
uint64_t vfiomig_object_seq(const struct vfiomig_object *object);

/**
 * vfiomig_object_available() - how many devices can be created from a type
 * @object: the object
 * @available: that number, left alone if it is not known
 *
 * Return: whether it is known; it never is for devices.
 */
bool vfiomig_object_available(const struct vfiomig_object *object,
			      uint32_t *available);

/**
 * vfiomig_object_from_sysfs() - who told of the object?
 * @object: the object
 *
 * Return: true if it was read from sysfs because the kernel module cannot see
 * it, false if the module told of it.
 */
bool vfiomig_object_from_sysfs(const struct vfiomig_object *object);

/**
 * vfiomig_object_in_use() - was a device open?
 * @object: the object
 *
 * Return: true if it is known to have been.
 */
bool vfiomig_object_in_use(const struct vfiomig_object *object);

/**
 * vfiomig_object_file() - which file was it read from?
 * @object: the object
 *
 * Return: the name that vfiomig_profile_read() was given, which lives as long
 * as @object; NULL if it was read from no document.
 */
const char *vfiomig_object_file(const struct vfiomig_object *object);

/**
 * vfiomig_object_document() - which of the file's documents was it read from?
 * @object: the object
 *
 * Return: the number of the document, from 1; 0 if it was read from none.
 */
unsigned int vfiomig_object_document(const struct vfiomig_object *object);

/**
 * vfiomig_object_host() - whose is it?
 * @object: the object
 *
 * Return: the host that the document names, which lives as long as @object;
 * NULL if it names none, or has not yet been read to its end.
 */
const char *vfiomig_object_host(const struct vfiomig_object *object);

/**
 * vfiomig_object_taken_at() - how old is what is said of it?
 * @object: the object
 *
 * Return: the time that the document names; as for vfiomig_object_host().
 */
const char *vfiomig_object_taken_at(const struct vfiomig_object *object);

/**
 * vfiomig_object_attrs() - how long is the profile?
 * @object: the object
 *
 * Return: number of its attributes.
 */
size_t vfiomig_object_attrs(const struct vfiomig_object *object);

/**
 * vfiomig_object_attr() - one attribute of the profile
 * @object: the object
 * @index: its place, from 0; they stand in bytewise order of their names
 *
 * Return: the attribute, which lives as long as @object, or NULL.
 */
const struct vfiomig_attr *
vfiomig_object_attr(const struct vfiomig_object *object, size_t index);

/**
 * vfiomig_object_find() - an attribute of that name
 * @object: the object
 * @name: the name
 *
 * Return: the attribute, which lives as long as @object, or NULL.
 */
const struct vfiomig_attr *
vfiomig_object_find(const struct vfiomig_object *object, const char *name);

/**
 * struct vfiomig_left_out - something of a policy that does not hold
 * @attr: name of the attribute
 * @scope: number of enum vfio_mig_scope
 * @reason: number of enum vfio_mig_left_out_reason
 */
struct vfiomig_left_out {
	const char *attr;
	uint32_t scope;
	uint32_t reason;
};

/**
 * vfiomig_object_left_out() - what policies say that does not hold here
 * @object: the object
 * @index: its place, from 0
 *
 * Return: it, which lives as long as @object, or NULL.
 */
const struct vfiomig_left_out *
vfiomig_object_left_out(const struct vfiomig_object *object, size_t index);

/**
 * vfiomig_object_left_out_more() - how much of it is there besides?
 * @object: the object
 *
 * Return: how much the kernel has not listed.
 */
uint32_t vfiomig_object_left_out_more(const struct vfiomig_object *object);

/**
 * vfiomig_object_unknown() - what the kernel told that has no name here
 * @object: the object
 * @index: its place, from 0
 *
 * Return: the member, which lives as long as @object, or NULL.
 */
const struct vfiomig_unknown *
vfiomig_object_unknown(const struct vfiomig_object *object, size_t index);

/**
 * vfiomig_attr_equal() - do two attributes say the same?
 * @a: one
 * @b: the other
 *
 * Return: whether all that is known of them is the same, not the value alone.
 */
bool vfiomig_attr_equal(const struct vfiomig_attr *a,
			const struct vfiomig_attr *b);

/**
 * vfiomig_attr_bit() - is a bit set?
 * @attr: attribute of type VFIOMIG_VALUE_BITS
 * @bit: number of the bit
 *
 * Return: whether it is.
 */
bool vfiomig_attr_bit(const struct vfiomig_attr *attr, unsigned int bit);

/**
 * vfiomig_attr_label() - what is a bit called?
 * @attr: the attribute
 * @bit: number of the bit
 *
 * Return: its name, or NULL if it has none.
 */
const char *vfiomig_attr_label(const struct vfiomig_attr *attr,
			       unsigned int bit);

/**
 * vfiomig_value_type_name() - what is a value type called?
 * @type: the type
 *
 * Return: its name, "unknown" if it has none.
 */
const char *vfiomig_value_type_name(enum vfiomig_value_type type);

/**
 * vfiomig_rule_name() - what is a rule called?
 * @rule: its number
 *
 * Return: its name, or NULL if it is not known here.
 */
const char *vfiomig_rule_name(uint32_t rule);

/**
 * vfiomig_severity_name() - what is a severity called?
 * @severity: its number
 *
 * Return: its name, or NULL if it is not known here.
 */
const char *vfiomig_severity_name(uint32_t severity);

/**
 * vfiomig_origin_name() - what is an origin called?
 * @origin: its number
 *
 * Return: its name, or NULL if it is not known here.
 */
const char *vfiomig_origin_name(uint32_t origin);

/**
 * vfiomig_scope_name() - what is a scope called?
 * @scope: its number
 *
 * Return: its name, or NULL if it is not known here.
 */
const char *vfiomig_scope_name(uint32_t scope);

/**
 * vfiomig_left_out_reason_name() - what is such a reason called?
 * @reason: its number
 *
 * Return: its name, or NULL if it is not known here.
 */
const char *vfiomig_left_out_reason_name(uint32_t reason);

/* ------------------------------------------------------------------ lists */

/**
 * vfiomig_list_new() - make an empty list of objects
 *
 * Return: a list, to be given back with vfiomig_list_free(), or NULL if there
 * is no memory.
 */
struct vfiomig_list *vfiomig_list_new(void);

/**
 * vfiomig_list_free() - give back a list
 * @list: the list, or NULL
 *
 * Lets go of the objects in it.
 */
void vfiomig_list_free(struct vfiomig_list *list);

/**
 * vfiomig_list_len() - how long is it?
 * @list: the list
 *
 * Return: how many objects it holds.
 */
size_t vfiomig_list_len(const struct vfiomig_list *list);

/**
 * vfiomig_list_get() - an object of the list
 * @list: the list
 * @index: its place, from 0
 *
 * Return: the object, which the list goes on holding, or NULL.
 */
struct vfiomig_object *vfiomig_list_get(const struct vfiomig_list *list,
					size_t index);

/**
 * vfiomig_list_find() - the object with that handle
 * @list: the list
 * @handle: the handle
 *
 * Return: the object, which the list goes on holding, or NULL.
 */
struct vfiomig_object *vfiomig_list_find(const struct vfiomig_list *list,
					 const char *handle);

/**
 * vfiomig_list_add() - append an object
 * @list: the list, which will hold it as well
 * @object: the object
 *
 * Return: 0, -ENOMEM.
 */
int vfiomig_list_add(struct vfiomig_list *list, struct vfiomig_object *object);

/* --------------------------------------------------------------- requests */

/**
 * struct vfiomig_status - the state of the network namespace
 * @instance: drawn at random when the module was loaded; another one means
 *   that ids and event numbers have begun anew
 * @seq: number of the last event, 0 before the first
 * @devices: devices in the namespace
 * @types: types in the namespace
 * @has_undescribed: @undescribed is known, as it is in the initial namespace
 * @undescribed: VFIO devices that could not be described for want of memory,
 *   and will be tried again
 * @attrs_max: most attributes in a profile
 * @profile_max: most bytes that all attributes of a profile take on the wire
 * @n_unknown: how many members there are that have no name here
 * @unknown: these members
 */
struct vfiomig_status {
	uint64_t instance;
	uint64_t seq;
	uint32_t devices;
	uint32_t types;
	bool has_undescribed;
	uint32_t undescribed;
	uint32_t attrs_max;
	uint32_t profile_max;
	size_t n_unknown;
	const struct vfiomig_unknown *unknown;
};

/**
 * vfiomig_get_status() - ask for the state of the namespace
 * @ctx: the context
 * @status: the state, to be given back with vfiomig_status_free()
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_get_status(struct vfiomig *ctx, struct vfiomig_status **status);

/**
 * vfiomig_status_free() - give back a state
 * @status: the state, or NULL
 */
void vfiomig_status_free(struct vfiomig_status *status);

/**
 * vfiomig_in_initial_netns() - is this the initial network namespace?
 *
 * Devices live in it until they are moved, types always.
 *
 * Return: whether it is; false if that cannot be told, as without /proc.
 */
bool vfiomig_in_initial_netns(void);

/**
 * vfiomig_get() - ask for one device or type
 * @ctx: the context
 * @handle: what it is called
 * @object: the object, to be given back with vfiomig_object_unref()
 *
 * A type that the kernel module cannot see is read from sysfs, if this is the
 * initial network namespace.
 *
 * Return: 0 or a negative errno, with VFIOMIG_CAUSE_NOT_FOUND if there is no
 * such thing in this namespace.
 */
int vfiomig_get(struct vfiomig *ctx, const struct vfiomig_handle *handle,
		struct vfiomig_object **object);

/**
 * vfiomig_dump() - ask for all devices or all types
 * @ctx: the context
 * @kind: which
 * @list: the objects in ascending order of their ids, to be given back with
 *   vfiomig_list_free()
 *
 * The list is that of one moment: if objects come or go while the kernel tells
 * of them, it is asked again. Types that the kernel module cannot see are read
 * from sysfs, if this is the initial network namespace, and stand at the end.
 *
 * Return: 0 or a negative errno; -EAGAIN if the objects did not stand still in
 * ten attempts.
 */
int vfiomig_dump(struct vfiomig *ctx, enum vfiomig_kind kind,
		 struct vfiomig_list **list);

/* ---------------------------------------------- what an administrator says */

/**
 * vfiomig_attr_new() - make an attribute
 * @name: what it is called
 *
 * It has nothing but a name. Its members can be set, what they point to must
 * live as long as it does; or they are read from text, and are its own. What
 * is 0 counts as not given: the rule is then equal, the severity fail, missing
 * the severity, the origin admin.
 *
 * Return: an attribute, to be given back with vfiomig_attr_free(), or NULL if
 * there is no memory.
 */
struct vfiomig_attr *vfiomig_attr_new(const char *name);

/**
 * vfiomig_attr_free() - give back an attribute
 * @attr: one that vfiomig_attr_new() has made, or NULL
 */
void vfiomig_attr_free(struct vfiomig_attr *attr);

/**
 * vfiomig_value_guess() - of which type may a value be?
 * @text: the value
 *
 * Return: "true" and "false" are a bool, decimal digits a number, X.Y.Z a
 * version; everything else is a string, also numbers that are too large or
 * begin with a zero.
 */
enum vfiomig_value_type vfiomig_value_guess(const char *text);

/**
 * vfiomig_attr_read_value() - read a value
 * @ctx: the context, for the error
 * @attr: one that vfiomig_attr_new() has made, whose value it becomes
 * @type: the value's type
 * @text: the value; bits as "a,17,b", of numbers and labels, or "-" for none
 * @labels: an attribute whose labels bits can be called by, or NULL
 *
 * Return: 0, -EINVAL if it is no such value, -ENOMEM.
 */
int vfiomig_attr_read_value(struct vfiomig *ctx, struct vfiomig_attr *attr,
			    enum vfiomig_value_type type, const char *text,
			    const struct vfiomig_attr *labels);

/**
 * vfiomig_attr_copy_labels() - name bits as another attribute does
 * @ctx: the context, for the error
 * @attr: one that vfiomig_attr_new() has made
 * @from: the other
 *
 * Return: 0, -ENOMEM.
 */
int vfiomig_attr_copy_labels(struct vfiomig *ctx, struct vfiomig_attr *attr,
			     const struct vfiomig_attr *from);

/**
 * vfiomig_attr_read_accept() - read a list of what the rule one-of accepts
 * @ctx: the context, for the error
 * @attr: one that vfiomig_attr_new() has made
 * @type: type of the values in the list
 * @text: the list, as "2.0.2-2.0.4,2.1.0-": values and ranges, of which one
 *   end may be open; "-" is everything. In a list of strings a dash is one.
 *
 * Return: 0, -EINVAL if it is no such list, -ENOMEM.
 */
int vfiomig_attr_read_accept(struct vfiomig *ctx, struct vfiomig_attr *attr,
			     enum vfiomig_value_type type, const char *text);

/*
 * What the administrator has set, and does not set anew, is deleted. Rules
 * that he has replaced stay if they are a device's, not if they are a policy's.
 */
#define VFIOMIG_REPLACE 1u

/**
 * vfiomig_attr_set() - say something of a device
 * @ctx: the context
 * @device: the device
 * @attrs: attributes that vfiomig_attr_new() has made, or those of an object
 * @n: how many there are
 * @flags: VFIOMIG_REPLACE or 0
 *
 * An attribute takes the place of the administrator's earlier one of that
 * name. One without a value has nothing but a rule, and what it accepts, and
 * replaces the rule of an attribute of origin vfio and severity undecided. All
 * are set or none, in one event.
 *
 * Return: 0 or a negative errno. What the kernel would refuse in any profile
 * is VFIOMIG_CAUSE_INPUT, and not sent. The error's attribute is the name of
 * that of @attrs which is at fault.
 */
int vfiomig_attr_set(struct vfiomig *ctx, const struct vfiomig_handle *device,
		     const struct vfiomig_attr *const *attrs, size_t n,
		     unsigned int flags);

/**
 * vfiomig_attr_del() - take back what was said of a device
 * @ctx: the context
 * @device: the device
 * @names: names of the administrator's attributes, or of attributes whose
 *   rules he has replaced, which become again what they were
 * @n: how many there are
 *
 * All are taken back or none, in one event.
 *
 * Return: 0 or a negative errno, with VFIOMIG_CAUSE_NOT_FOUND if there is
 * nothing of one of the names to take back.
 */
int vfiomig_attr_del(struct vfiomig *ctx, const struct vfiomig_handle *device,
		     const char *const *names, size_t n);

/**
 * vfiomig_attr_load() - say of a device what is said of another
 * @ctx: the context
 * @device: the device
 * @source: a device or type, which may come from a document
 *
 * The device's attributes of origin admin become those of the source, all or
 * none, in one event: those that the source does not have are deleted. Rules
 * that were replaced stay.
 *
 * Return: 0 or a negative errno; see vfiomig_attr_set().
 */
int vfiomig_attr_load(struct vfiomig *ctx, const struct vfiomig_handle *device,
		      const struct vfiomig_object *source);

/**
 * vfiomig_policy_set() - say something of a driver's devices, or of all
 * @ctx: the context
 * @driver: the driver, by the value of its devices' attribute "driver", or NULL
 *   for all
 * @attrs: attributes as of vfiomig_attr_set()
 * @n: how many there are
 * @flags: VFIOMIG_REPLACE or 0; with it, and without attributes, nothing is
 *   said of them any more
 *
 * It holds for devices and types of this namespace, present and to come, where
 * nothing nearer says otherwise. One without a value replaces the rule of
 * attributes of that name that are of origin vfio and severity undecided. All
 * are set or none. What does not hold at a device or type is shown there, see
 * vfiomig_object_left_out().
 *
 * Return: see vfiomig_attr_set(). If there is no room at a device or type that
 * is there, the kernel's words name it where the kernel can.
 */
int vfiomig_policy_set(struct vfiomig *ctx, const char *driver,
		       const struct vfiomig_attr *const *attrs, size_t n,
		       unsigned int flags);

/**
 * vfiomig_policy_del() - take back what was said of a driver, or of all
 * @ctx: the context
 * @driver: the driver, or NULL for all
 * @names: names of attributes that vfiomig_policy_set() has set
 * @n: how many there are
 *
 * All are taken back or none.
 *
 * Return: see vfiomig_attr_del().
 */
int vfiomig_policy_del(struct vfiomig *ctx, const char *driver,
		       const char *const *names, size_t n);

/**
 * struct vfiomig_scope - what a policy says of a driver's devices, or of all
 * @scope: number of enum vfio_mig_scope
 * @driver: the driver, NULL for all
 * @seq: number of the last event that spoke of it
 * @n_attrs: how many attributes there are, see vfiomig_scope_attr()
 * @n_unknown: how many members there are that have no name here
 * @unknown: these members
 */
struct vfiomig_scope {
	uint32_t scope;
	const char *driver;
	uint64_t seq;
	size_t n_attrs;
	size_t n_unknown;
	const struct vfiomig_unknown *unknown;
};

/**
 * vfiomig_policy_get() - ask for the policy of the namespace
 * @ctx: the context
 * @policy: the policy, to be given back with vfiomig_policy_free()
 *
 * It is that of one moment. What the initial namespace's policy says of a
 * device that was moved here is shown by the device alone.
 *
 * Return: 0 or a negative errno; see vfiomig_dump().
 */
int vfiomig_policy_get(struct vfiomig *ctx, struct vfiomig_policy **policy);

/**
 * vfiomig_policy_new() - make a policy that says nothing
 *
 * Return: the policy, to be given back with vfiomig_policy_free(), or NULL if
 * there is no memory.
 */
struct vfiomig_policy *vfiomig_policy_new(void);

/**
 * vfiomig_policy_read() - read policy documents
 * @ctx: the context
 * @in: where they stand, one after another, to the end
 * @name: what the file is called, for errors
 * @policy: what they say is added to this; if there is a mistake in one of
 *   them, it must not be used any more
 *
 * What is said later of the same attribute of the same scope wins. Whatever is
 * not known in a document is a mistake, but for keys that begin with x-.
 *
 * Return: 0 or a negative errno. What is wrong with a document is
 * VFIOMIG_CAUSE_INPUT, with its file, line and JSON path in the message, and
 * the attribute's name if it is an attribute.
 */
int vfiomig_policy_read(struct vfiomig *ctx, FILE *in, const char *name,
			struct vfiomig_policy *policy);

/**
 * vfiomig_policy_check() - can the kernel take what a policy says?
 * @ctx: the context
 * @policy: the policy
 *
 * Of each scope, 64 attributes can be said, which take at most 6144 bytes. One
 * document cannot say more, but several together can. vfiomig_policy_load()
 * asks this first. The rest is for the kernel to tell.
 *
 * Return: 0 or a negative errno. A scope of which too much is said is
 * VFIOMIG_CAUSE_INPUT: it is in the message, and how much there is.
 */
int vfiomig_policy_check(struct vfiomig *ctx,
			 const struct vfiomig_policy *policy);

/**
 * vfiomig_policy_load() - say all that a policy says
 * @ctx: the context
 * @policy: the policy
 * @flags: VFIOMIG_REPLACE if nothing else shall be said any more, or 0
 *
 * What is said already is not said again. All is said or nothing: if the
 * kernel refuses what is said of one scope, what was said before of those that
 * were changed is put back, the last first. If it refuses that, too, the
 * message says so, and why, and the rest is put back all the same. If there is
 * no room for a scope, what shall not stay as it is of later ones is taken back
 * before it is tried again. Others may see what lies between.
 *
 * Return: 0 or a negative errno; see vfiomig_policy_set().
 */
int vfiomig_policy_load(struct vfiomig *ctx,
			const struct vfiomig_policy *policy,
			unsigned int flags);

/**
 * vfiomig_policy_free() - give back a policy
 * @policy: the policy, or NULL
 */
void vfiomig_policy_free(struct vfiomig_policy *policy);

/**
 * vfiomig_policy_len() - of how much does it speak?
 * @policy: the policy
 *
 * Return: how many scopes there are.
 */
size_t vfiomig_policy_len(const struct vfiomig_policy *policy);

/**
 * vfiomig_policy_scope() - what a policy says of one scope
 * @policy: the policy
 * @index: its place, from 0: that of all comes first, then drivers by name
 *
 * Return: the scope, which lives as long as @policy, or NULL.
 */
const struct vfiomig_scope *
vfiomig_policy_scope(const struct vfiomig_policy *policy, size_t index);

/**
 * vfiomig_policy_find() - what a policy says of a driver, or of all
 * @policy: the policy
 * @driver: the driver, NULL for all
 *
 * Return: the scope, which lives as long as @policy, or NULL.
 */
const struct vfiomig_scope *
vfiomig_policy_find(const struct vfiomig_policy *policy, const char *driver);

/**
 * vfiomig_scope_find() - an attribute of a scope by its name
 * @scope: one that vfiomig_policy_scope() has returned
 * @name: its name
 *
 * Return: as vfiomig_scope_attr().
 */
const struct vfiomig_attr *
vfiomig_scope_find(const struct vfiomig_scope *scope, const char *name);

/**
 * vfiomig_scope_attr() - one attribute of a scope
 * @scope: one that vfiomig_policy_scope() has returned
 * @index: its place, from 0; they stand in bytewise order of their names
 *
 * One that replaces a rule has no value: of type VFIOMIG_VALUE_UNKNOWN, it has
 * a name, a rule, what that accepts, and the scope.
 *
 * Return: the attribute, which lives as long as @scope, or NULL.
 */
const struct vfiomig_attr *
vfiomig_scope_attr(const struct vfiomig_scope *scope, size_t index);

/**
 * vfiomig_move() - move a device to another network namespace
 * @ctx: the context, in whose namespace the device is
 * @device: the device
 * @netns: a file descriptor of the other namespace
 *
 * What an administrator has said of it in a namespace other than the initial
 * one stays behind.
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_move(struct vfiomig *ctx, const struct vfiomig_handle *device,
		 int netns);

/* --------------------------------------------------------------- profiles */

/**
 * vfiomig_profile_read() - read profile documents
 * @ctx: the context
 * @in: where they stand, one after another, to the end
 * @name: what the file is called, for errors and vfiomig_object_file()
 * @take: is given each device and type, and takes a reference if it keeps it;
 *   a negative errno ends the reading, with the error told by itself or none
 * @arg: for @take
 *
 * However many devices a document holds, no more than one of them is kept.
 * They are handed out before the document is known to be in order up to its
 * end: if it is not, what came of it must not be used.
 *
 * Return: 0, a negative errno, or what @take has returned. What is wrong with
 * a document is VFIOMIG_CAUSE_INPUT, with its file, line and JSON path in the
 * message, and the attribute's name if it is an attribute.
 */
int vfiomig_profile_read(struct vfiomig *ctx, FILE *in, const char *name,
			 int (*take)(struct vfiomig_object *object, void *arg),
			 void *arg);

/**
 * vfiomig_profile_load() - read all profile documents of a file
 * @ctx: the context
 * @path: the file
 * @list: the devices and types in it, to be given back with
 *   vfiomig_list_free()
 *
 * Return: see vfiomig_profile_read().
 */
int vfiomig_profile_load(struct vfiomig *ctx, const char *path,
			 struct vfiomig_list **list);

/* ----------------------------------------------------------------- checks */

/**
 * struct vfiomig_finding - in what a source and a target do not fit
 * @attr: name of the attribute
 * @kind: number of enum vfio_mig_finding_kind in <linux/vfio_mig.h>
 * @severity: number of enum vfio_mig_severity, 0 if it is settable
 * @rule: number of enum vfio_mig_rule, the target's, or the only side's; 0 if
 *   it is not known
 * @source: the source's value, of type VFIOMIG_VALUE_UNKNOWN if it has none
 * @target: the target's value, likewise
 * @set: if it is settable, what the target must be set to
 * @message: a phrase that a person understands, without a full stop
 */
struct vfiomig_finding {
	const char *attr;
	uint32_t kind;
	uint32_t severity;
	uint32_t rule;
	struct vfiomig_value source;
	struct vfiomig_value target;
	struct vfiomig_value set;
	const char *message;
};

/**
 * struct vfiomig_refused - migration streams that a device has refused
 * @count: how many there were since the device appeared
 * @time: when the last one was
 * @reason: why, in words for people
 * @n_findings: how many @findings there are
 * @findings: in what the last one did not fit, in bytewise order of the names;
 *   one whose bytes were wrong has none
 * @omitted: how many more there were, for which the kernel had no room
 */
struct vfiomig_refused {
	uint64_t count;
	struct timespec time;
	const char *reason;
	size_t n_findings;
	const struct vfiomig_finding *findings;
	uint32_t omitted;
};

/**
 * vfiomig_object_refused() - streams that a device has refused
 * @object: the device
 *
 * Return: what is known of them, which lives as long as @object, or NULL if
 * there were none.
 */
const struct vfiomig_refused *
vfiomig_object_refused(const struct vfiomig_object *object);

/**
 * struct vfiomig_result - does a source fit a target?
 * @verdict: number of enum vfio_mig_verdict
 * @by_kernel: the kernel has judged, not the library
 * @kind: what the target is
 * @handle: what it is called
 * @in_use: it is a device that is open
 * @has_available: @available is known
 * @available: it is a type, and so many devices can be created from it
 * @n_findings: how many @findings there are
 * @findings: all of them, in bytewise order of the names
 */
struct vfiomig_result {
	uint32_t verdict;
	bool by_kernel;
	enum vfiomig_kind kind;
	const char *handle;
	bool in_use;
	bool has_available;
	uint32_t available;
	size_t n_findings;
	const struct vfiomig_finding *findings;
};

/**
 * vfiomig_check_new() - prepare a source to be held against targets
 * @ctx: the context, which the check uses until it is given back
 * @source: the source, which the check holds
 * @check: the check, to be given back with vfiomig_check_free()
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_check_new(struct vfiomig *ctx, struct vfiomig_object *source,
		      struct vfiomig_check **check);

/**
 * vfiomig_check_free() - give back a check
 * @check: the check, or NULL
 *
 * Results live on.
 */
void vfiomig_check_free(struct vfiomig_check *check);

/**
 * vfiomig_check_target() - hold the source against a target, here
 * @check: the check
 * @target: the target, which the result does not need
 * @result: the result, to be given back with vfiomig_result_free()
 *
 * Asks the kernel for nothing, but judges as it does.
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_check_target(struct vfiomig_check *check,
			 const struct vfiomig_object *target,
			 struct vfiomig_result **result);

/**
 * vfiomig_fleet_new() - make room for many targets
 * @ctx: the context, which the fleet uses until it is given back
 * @fleet: the fleet, to be given back with vfiomig_fleet_free()
 *
 * For who holds one source after the other against the same targets. Targets
 * that no source tells apart are judged once, and take little memory: some 100
 * bytes each, and once what they say.
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_fleet_new(struct vfiomig *ctx, struct vfiomig_fleet **fleet);

/**
 * vfiomig_fleet_free() - give back a fleet
 * @fleet: the fleet, or NULL
 *
 * Results live on.
 */
void vfiomig_fleet_free(struct vfiomig_fleet *fleet);

/**
 * vfiomig_fleet_add() - add a target
 * @fleet: the fleet
 * @target: the target, which the fleet does not need afterwards; it may be
 *   added while vfiomig_profile_read() reads
 *
 * Return: 0 or a negative errno, and then the fleet is as it was.
 */
int vfiomig_fleet_add(struct vfiomig_fleet *fleet,
		      const struct vfiomig_object *target);

/**
 * vfiomig_fleet_len() - how many targets are there?
 * @fleet: the fleet
 *
 * Return: as many as were added.
 */
size_t vfiomig_fleet_len(const struct vfiomig_fleet *fleet);

/**
 * vfiomig_fleet_handle() - what is a target called?
 * @fleet: the fleet
 * @at: the target's number, from 0 in the order in which they were added
 *
 * Return: its handle, which is the fleet's, or NULL if there is none.
 */
const char *vfiomig_fleet_handle(const struct vfiomig_fleet *fleet, size_t at);

/**
 * vfiomig_fleet_judge() - hold a source against all targets, here
 * @fleet: the fleet
 * @check: the source, of the same context
 * @verdicts: room for a number of enum vfio_mig_verdict for each target
 *
 * Judges as vfiomig_check_target() does, but does not tell why.
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_fleet_judge(const struct vfiomig_fleet *fleet,
			const struct vfiomig_check *check, uint8_t *verdicts);

/**
 * vfiomig_fleet_result() - hold a source against one of the targets, here
 * @fleet: the fleet
 * @check: the source
 * @at: the target's number
 * @result: the result, to be given back with vfiomig_result_free()
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_fleet_result(const struct vfiomig_fleet *fleet,
			 struct vfiomig_check *check, size_t at,
			 struct vfiomig_result **result);

/**
 * vfiomig_check_ask() - have the kernel hold the source against a target
 * @check: the check
 * @target: a device or type of this namespace
 * @result: the result, to be given back with vfiomig_result_free()
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_check_ask(struct vfiomig_check *check,
		      const struct vfiomig_handle *target,
		      struct vfiomig_result **result);

/**
 * vfiomig_check_ask_all() - have the kernel hold the source against everything
 * @check: the check
 * @results: a result for each device and type of this namespace but the source
 *   itself, in one request; to be given back with vfiomig_results_free()
 * @n: how many there are
 *
 * Return: 0 or a negative errno; see vfiomig_dump().
 */
int vfiomig_check_ask_all(struct vfiomig_check *check,
			  struct vfiomig_result ***results, size_t *n);

/**
 * vfiomig_results_free() - give back results
 * @results: the results, or NULL
 * @n: how many there are
 */
void vfiomig_results_free(struct vfiomig_result **results, size_t n);

/**
 * vfiomig_result_free() - give back a result
 * @result: the result, or NULL
 */
void vfiomig_result_free(struct vfiomig_result *result);

/**
 * vfiomig_result_file() - which file was the target read from?
 * @result: the result
 *
 * Return: see vfiomig_object_file().
 */
const char *vfiomig_result_file(const struct vfiomig_result *result);

/**
 * vfiomig_result_host() - whose is the target?
 * @result: the result
 *
 * Return: see vfiomig_object_host().
 */
const char *vfiomig_result_host(const struct vfiomig_result *result);

/**
 * vfiomig_result_order() - which of two results is the better one?
 * @a: one
 * @b: the other
 *
 * Targets that can be had come before types with no instance left and devices
 * in use; then the verdict counts, then the handle, then the file, bytewise.
 *
 * Return: below, equal to or above 0, as for qsort().
 */
int vfiomig_result_order(const struct vfiomig_result *a,
			 const struct vfiomig_result *b);

/**
 * vfiomig_verdict_name() - what is a verdict called?
 * @verdict: its number
 *
 * Return: its name, or NULL if it is not known here.
 */
const char *vfiomig_verdict_name(uint32_t verdict);

/**
 * vfiomig_finding_kind_name() - what is such a finding called?
 * @kind: the number of its kind
 *
 * Return: its name, or NULL if it is not known here.
 */
const char *vfiomig_finding_kind_name(uint32_t kind);

/* ----------------------------------------------------------------- doctor */

/**
 * struct vfiomig_obstacle - something between a device and a live migration
 * @check: what has found it: a word that stays what it is
 * @severity: number of enum vfio_mig_severity: fail if there is no migration
 *   until it is mended, undecided if that is not known, info if it is a limit
 *   that one can live with
 * @of_host: it concerns the host, and so all devices
 * @seen: what was seen
 * @where: where: a path, or what was asked
 * @means: what that means
 * @remedy: what to do
 *
 * All but @check and @severity is for people, and may change.
 */
struct vfiomig_obstacle {
	const char *check;
	uint32_t severity;
	bool of_host;
	const char *seen;
	const char *where;
	const char *means;
	const char *remedy;
};

/**
 * struct vfiomig_diagnosis - what stands in the way of one
 * @kind: what it is; 0 for the host
 * @handle: what it is called; NULL for the host
 * @driver: the driver that is bound to the device, or NULL
 * @n_obstacles: how many @obstacles there are
 * @obstacles: in the order in which one would mend them; those of the host
 *   stand in every device's as well
 */
struct vfiomig_diagnosis {
	enum vfiomig_kind kind;
	const char *handle;
	const char *driver;
	size_t n_obstacles;
	const struct vfiomig_obstacle *obstacles;
};

/**
 * vfiomig_diagnose() - what stands between devices and a live migration?
 * @ctx: the context
 * @handle: a device or type, which need be no VFIO device yet; NULL for all:
 *   VFIO and mediated devices, virtual functions and others that a VFIO driver
 *   of their own is for, and all types
 * @diagnoses: the host's first, then one for each, devices before types; to be
 *   given back with vfiomig_diagnoses_free()
 * @n: how many there are
 *
 * Neither the kernel module nor any right is needed, but without them less is
 * seen; what could not be seen is told.
 *
 * Return: 0 or a negative errno, with VFIOMIG_CAUSE_NOT_FOUND if there is no
 * such device or type.
 */
int vfiomig_diagnose(struct vfiomig *ctx, const struct vfiomig_handle *handle,
		     struct vfiomig_diagnosis **diagnoses, size_t *n);

/**
 * vfiomig_diagnoses_free() - give back diagnoses
 * @diagnoses: the diagnoses, or NULL
 * @n: how many there are
 */
void vfiomig_diagnoses_free(struct vfiomig_diagnosis *diagnoses, size_t n);

/* ------------------------------------------------------------------ watch */

/**
 * enum vfiomig_event_kind - what has happened
 * @VFIOMIG_EVENT_ADD: an object has appeared
 * @VFIOMIG_EVENT_DEL: an object is gone
 * @VFIOMIG_EVENT_CHANGE: an object has changed
 * @VFIOMIG_EVENT_OVERRUN: events were lost; what they did is made out anew and
 *   told next, marked as resync
 * @VFIOMIG_EVENT_SYNCED: what was told so far is all that the kernel holds
 * @VFIOMIG_EVENT_FAMILY_GONE: the module was removed, and all objects with it
 * @VFIOMIG_EVENT_FAMILY_BACK: the module was loaded; its objects are told
 *   next, marked as resync
 */
enum vfiomig_event_kind {
	VFIOMIG_EVENT_ADD = 1,
	VFIOMIG_EVENT_DEL,
	VFIOMIG_EVENT_CHANGE,
	VFIOMIG_EVENT_OVERRUN,
	VFIOMIG_EVENT_SYNCED,
	VFIOMIG_EVENT_FAMILY_GONE,
	VFIOMIG_EVENT_FAMILY_BACK,
};

/**
 * struct vfiomig_event - something has happened
 * @kind: what
 * @seq: number of the event; of one that the library made up itself, the
 *   number of the last event that it takes account of
 * @time: when this process learned of it (CLOCK_REALTIME)
 * @snapshot: the object was there already when the watch began
 * @resync: made out by comparison after events were lost
 * @object: the object; as it is now, for a DEL as it last was; NULL for events
 *   that concern no object
 * @old: the object as it was before a CHANGE, otherwise NULL
 * @nsid: the network namespace that it happened in, in which @seq counts, by
 *   its number in the one of the watch; -1 for that one itself, and for events
 *   that concern all
 * @netns: what it is called in /run/netns, or NULL if that is not known
 * @partial: of a SYNCED: the namespace cannot be asked, so that no more is
 *   known of it than events tell from now on, and what was told before may be
 *   outdated
 */
struct vfiomig_event {
	enum vfiomig_event_kind kind;
	uint64_t seq;
	struct timespec time;
	bool snapshot;
	bool resync;
	struct vfiomig_object *object;
	struct vfiomig_object *old;
	int32_t nsid;
	const char *netns;
	bool partial;
};

/**
 * vfiomig_event_name() - what is such an event called?
 * @kind: the kind
 *
 * Return: its name.
 */
const char *vfiomig_event_name(enum vfiomig_event_kind kind);

/**
 * vfiomig_watch_new() - watch devices and types come, go and change
 * @ctx: the context, which the watch uses until it is closed
 * @snapshot: begin with an ADD for each object that is there already, and a
 *   SYNCED
 * @watch: the watch, to be given back with vfiomig_watch_free()
 *
 * The watch keeps the last known state of every object. It loses nothing
 * silently: when events are lost it tells so (OVERRUN), asks the kernel for
 * everything again, and tells the difference. If that happens again and again
 * it asks at most once a second, and in time less often. It outlives the
 * removal of the kernel module. Types that are known from sysfs alone are not
 * watched.
 *
 * Return: 0 or a negative errno; VFIOMIG_CAUSE_FAMILY if the module is not
 * there to begin with.
 */
int vfiomig_watch_new(struct vfiomig *ctx, bool snapshot,
		      struct vfiomig_watch **watch);

/**
 * vfiomig_watch_all_netns() - watch other network namespaces as well
 * @watch: the watch, which vfiomig_watch_next() has not been called for
 *
 * All those that have a number in the one that the watch is in (ip-netns(8) has
 * a command for it: set), also those that get one later; those without one are
 * not heard. This needs CAP_NET_BROADCAST over the watch's own, and hears only
 * of those over whose user namespace the caller has it, too.
 *
 * What is in a namespace is asked in a thread that enters it, for which it must
 * have a name in /run/netns, and the caller CAP_SYS_ADMIN. Any other one is
 * known from its events alone, which a SYNCED that is partial says: objects
 * that were there before are told as ADD, marked resync, when something happens
 * to them. No namespace is held for longer than it is asked.
 *
 * A SYNCED is told for each namespace. That of the watch's own is the last of
 * them, where all were asked. A namespace that gets a number later is asked
 * then, and its objects are marked resync. An OVERRUN of the watch's own may
 * concern all, one of another namespace concerns that one.
 *
 * An object keeps its id wherever it goes, and is never told to be in two
 * namespaces. When one dies, its objects are told to be gone from there, marked
 * resync, for then the kernel no longer tells it.
 *
 * Return: 0 or a negative errno; VFIOMIG_CAUSE_PERMISSION without the right.
 */
int vfiomig_watch_all_netns(struct vfiomig_watch *watch);

/**
 * vfiomig_watch_free() - close a watch
 * @watch: the watch, or NULL
 */
void vfiomig_watch_free(struct vfiomig_watch *watch);

/**
 * vfiomig_watch_fd() - what to wait for
 * @watch: the watch
 *
 * Return: a file descriptor for poll(), the same as long as the watch lives:
 * when it can be read, and before the first poll(), call vfiomig_watch_next()
 * until it has no more to tell. Do not read it.
 */
int vfiomig_watch_fd(const struct vfiomig_watch *watch);

/**
 * vfiomig_watch_set_buffer() - how much may wait to be read?
 * @watch: the watch
 * @size: in bytes, which the kernel doubles, for it counts what it adds itself
 *
 * A watch begins with 32 MiB. Without CAP_NET_ADMIN in the initial user
 * namespace the kernel grants no more than net.core.rmem_max, and does not say
 * so. A smaller buffer takes less memory while nobody reads; what has no room
 * is lost, which is told and made good.
 *
 * Return: 0 or a negative errno.
 */
int vfiomig_watch_set_buffer(struct vfiomig_watch *watch, size_t size);

/**
 * vfiomig_watch_next() - what has happened next
 * @watch: the watch
 * @event: the event, valid until the next call; NULL if there is none for now
 *
 * Never waits for an event, but may ask the kernel for its objects.
 *
 * Return: 0 or a negative errno, after which the watch is of no more use.
 */
int vfiomig_watch_next(struct vfiomig_watch *watch,
		       const struct vfiomig_event **event);

/**
 * vfiomig_change_next() - the next attribute that differs
 * @event: a CHANGE
 * @cursor: two zeroes at first
 * @before: the attribute as it was, NULL if it is new
 * @now: the attribute as it is, NULL if it is gone
 *
 * Goes through the attributes in bytewise order of their names.
 *
 * Return: false if there are no more.
 */
bool vfiomig_change_next(const struct vfiomig_event *event, size_t cursor[2],
			 const struct vfiomig_attr **before,
			 const struct vfiomig_attr **now);

/* ------------------------------------------------------------------- JSON */

/* Numbers from 2^53 up are written as decimal strings. */

/* Several lines, indented. */
#define VFIOMIG_JSON_PRETTY 1u

/**
 * vfiomig_object_json() - a device or type as JSON
 * @object: the object
 *
 * Return: an object as it stands in the arrays of a profile document, to be
 * given back with json_object_put(), or NULL if there is no memory.
 */
struct json_object *vfiomig_object_json(const struct vfiomig_object *object);

/**
 * vfiomig_attr_json() - an attribute as JSON
 * @attr: the attribute
 *
 * Return: see vfiomig_object_json().
 */
struct json_object *vfiomig_attr_json(const struct vfiomig_attr *attr);

/**
 * vfiomig_scope_json() - what a policy says of one scope, as JSON
 * @scope: one that vfiomig_policy_scope() has returned
 *
 * Return: an object with "scope", "driver" unless it is of all, "seq" and
 * "attrs", of which those that only replace a rule have "name", "rule",
 * "accept" and "scope"; see vfiomig_object_json().
 */
struct json_object *vfiomig_scope_json(const struct vfiomig_scope *scope);

/**
 * vfiomig_policy_write() - write a policy document
 * @policy: the policy
 * @flags: VFIOMIG_JSON_PRETTY or 0
 * @out: where to
 *
 * Return: 0, -ENOMEM or -EIO.
 */
int vfiomig_policy_write(const struct vfiomig_policy *policy,
			 unsigned int flags, FILE *out);

/**
 * vfiomig_status_json() - the state of the namespace as JSON
 * @status: the state
 *
 * Return: see vfiomig_object_json().
 */
struct json_object *vfiomig_status_json(const struct vfiomig_status *status);

/**
 * vfiomig_event_json() - an event as JSON
 * @event: the event
 *
 * Return: see vfiomig_object_json().
 */
struct json_object *vfiomig_event_json(const struct vfiomig_event *event);

/**
 * vfiomig_result_json() - a result as JSON
 * @result: the result
 *
 * Return: an object as it stands in "targets"; see vfiomig_object_json(). Bits
 * are told by their numbers.
 */
struct json_object *vfiomig_result_json(const struct vfiomig_result *result);

/**
 * vfiomig_string_json() - a string as JSON
 * @text: any bytes
 *
 * Return: a string in which what is not UTF-8 is replaced by U+FFFD, to be
 * given back with json_object_put(), or NULL if there is no memory.
 */
struct json_object *vfiomig_string_json(const char *text);

/**
 * vfiomig_json_text() - JSON as text
 * @json: what to write
 * @flags: VFIOMIG_JSON_PRETTY or 0
 *
 * Return: text without a control character but the line feeds of the pretty
 * form, to be given back with free(), or NULL if there is no memory.
 */
char *vfiomig_json_text(struct json_object *json, unsigned int flags);

/**
 * vfiomig_list_write() - write the objects of one kind as a JSON document
 * @list: objects
 * @kind: which of them
 * @flags: VFIOMIG_JSON_PRETTY or 0
 * @out: where to
 *
 * Writes {"devices": [...]} or {"types": [...]}, object by object, so that
 * many take no more memory than one.
 *
 * Return: 0, -ENOMEM, or -EIO if writing failed.
 */
int vfiomig_list_write(const struct vfiomig_list *list, enum vfiomig_kind kind,
		       unsigned int flags, FILE *out);

/**
 * vfiomig_profile_write() - write a profile document
 * @list: the devices and types that it holds
 * @flags: VFIOMIG_JSON_PRETTY or 0
 * @out: where to
 *
 * Return: 0, -ENOMEM, or -EIO if writing failed.
 */
int vfiomig_profile_write(const struct vfiomig_list *list, unsigned int flags,
			  FILE *out);

/**
 * vfiomig_check_write() - write the answer to a check as a JSON document
 * @source: the source
 * @n: how many targets there are
 * @target: makes the element of "targets" of that index, as
 *   vfiomig_result_json() does; NULL if there is no memory
 * @arg: for @target
 * @flags: VFIOMIG_JSON_PRETTY or 0
 * @out: where to
 *
 * Return: 0, -ENOMEM, or -EIO if writing failed.
 */
int vfiomig_check_write(const struct vfiomig_object *source, size_t n,
			struct json_object *(*target)(size_t index, void *arg),
			void *arg, unsigned int flags, FILE *out);

/* ------------------------------------------------------------------- text */

/**
 * vfiomig_printable() - text that does a terminal no harm
 * @text: any bytes
 *
 * Return: @text with every control character, and every byte that is not
 * UTF-8, written as \xNN; to be given back with free(). NULL if there is no
 * memory.
 */
char *vfiomig_printable(const char *text);

#define VFIOMIG_TIME_LEN 32

/**
 * vfiomig_time_text() - a time as text
 * @time: the time
 * @fraction: with microseconds
 * @text: where it is written to: RFC 3339, UTC, with Z
 *
 * Return: @text.
 */
const char *vfiomig_time_text(const struct timespec *time, bool fraction,
			      char text[VFIOMIG_TIME_LEN]);

#ifdef __cplusplus
}
#endif

#endif /* VFIOMIG_H */
