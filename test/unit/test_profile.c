/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 * needs: err
 */
#include <stdlib.h>
#include "../../modules/e911/profile.c"
#include "ksr_stub.h"
#include "tight.h"

static int find(const char *name)
{
	str s = tight_z(name);
	int found = e911_profile_find(&s);

	free(s.s);
	return found;
}

static void profiles_are_found_by_their_names(void **state)
{
	const e911_profile_t *p;
	int i;

	(void)state;
	for(i = 0; (p = e911_profile(i)); i++) {
		assert_int_equal(e911_profile_find(&p->name), i);
		assert_in_range(p->forms, 1, E911_FORMS_MAX);
		/* the call goes without a location rather than not at all */
		assert_int_equal(p->form[p->forms - 1], E911_CONVEY_NONE);
	}
	assert_int_equal(i, 2);
	assert_null(e911_profile(-1));
	assert_int_equal(find("value"), 0);
	assert_int_equal(find("plain"), 1);
}

static void other_names_are_none(void **state)
{
	(void)state;
	assert_int_equal(find(""), E911_ERR_NAME);
	assert_int_equal(find("Value"), E911_ERR_NAME);
	assert_int_equal(find("valu"), E911_ERR_NAME);
	assert_int_equal(find("values"), E911_ERR_NAME);
}

static void conveyances_have_names(void **state)
{
	(void)state;
	assert_string_equal(e911_conveyance_name(E911_CONVEY_VALUE), "value");
	assert_string_equal(e911_conveyance_name(E911_CONVEY_NONE), "none");
	assert_string_equal(e911_conveyance_name(99), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
			cmocka_unit_test(profiles_are_found_by_their_names),
			cmocka_unit_test(other_names_are_none),
			cmocka_unit_test(conveyances_have_names),
	};

	return cmocka_run_group_tests_name("profile", tests, NULL, NULL);
}
