#include "hand.h"
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
