/* A parser in C, as main.c drives it: one file for each library has these three functions. */
#ifndef PARSER_H
#define PARSER_H

#include <stddef.h>

/* What is read of a message. All of it belongs to the message; NULL is what is not there. */
struct reading {
  const void *from_uri;
  const char *from_tag;
  const void *to_uri;
  const char *to_tag;
  const char *via_host;
  const char *via_branch;
  unsigned long sequence;
  const char *method;
  const void *contact_uri;
};

/* Parses a message and reads it; NULL if it cannot. */
void *read_message(const char *octets, size_t length, struct reading *reading);

/* Frees all that a message has taken. */
void free_message(void *message);

/* Prints a URI of a reading. */
void print_uri(const void *uri);

#endif
