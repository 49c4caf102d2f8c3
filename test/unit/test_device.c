/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: network row strbuf err
 */
#include "../../modules/e911/device.c"
#include "ksr_stub.h"
#include "tight.h"

static void the_first_of_its_names_counts(void **state)
{
	static const struct
	{
		const char *name;
		int index;
	} rows[] = {{"urn:uuid:1", 0}, {"a@x", 1}, {"b@x", 3}, {"a@", -1},
			{"a@xx", -1}, {"A@x", -1}, {"", -1}, {"c@x", -1}};
	e911_device_t device = {4, {tight_z("urn:uuid:1"), tight_z("a@x"),
									   tight_z("a@x"), tight_z("b@x")}};
	str name;
	size_t i;

	(void)state;
	for(i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		name = tight_z(rows[i].name);
		assert_int_equal(e911_device_index(&device, &name),
				rows[i].index < 0 ? E911_ERR_NONE : rows[i].index);
		free(name.s);
	}
	/* a name behind the last one is none of its */
	device.n = 3;
	assert_int_equal(
			e911_device_index(&device, &device.name[3]), E911_ERR_NONE);
	device.n = 0;
	assert_int_equal(
			e911_device_index(&device, &device.name[0]), E911_ERR_NONE);
	for(i = 0; i < 4; i++)
		free(device.name[i].s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(the_first_of_its_names_counts),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
