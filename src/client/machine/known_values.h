/* Values that stand where a number of this one machine should and that many machines have. Pure, thread-safe, without
 * locale. */
#ifndef CLIENT_MACHINE_KNOWN_VALUES_H
#define CLIENT_MACHINE_KNOWN_VALUES_H

#include <stdbool.h>

/* Whether `value` tells nothing apart as a source of kind `kind`: it has no letter or digit, is all zeros or all ones,
 * or is known to repeat. Capitals, blanks and punctuation make no difference. */
bool value_is_known_to_repeat(const char *kind, const char *value);

#endif
