#include "elin.h"
#include "hand.h"
const e911_elins_t *e911_pools_find(
		const e911_pools_t *p, const char *s, const e911_location_t *l)
{
	return NULL;
}
int e911_hand_is_idle(void)
{
	return 1;
}
int e911_hand_drains(const str *u, const str *p)
{
	return 0;
}
int e911_hand_set(const char *s)
{
	return 0;
}
