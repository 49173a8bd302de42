/* Drives one parser. On stdin come the number of messages, each as its length in octets, a newline
   and its octets; then commands, a line each, until the end of the input:

   read      prints what is read of each message, a line each, with tabs between
   run N     parses and reads N messages in turn; prints the microseconds of processor time it took */
#include "parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct message {
  char *octets;
  size_t length;
};

/* Global, so that no compiler can tell that nobody looks at it. */
struct reading kept;

static void fail(const char *what)
{
  fprintf(stderr, "%s\n", what);
  exit(1);
}

static struct message *take_messages(size_t *count)
{
  struct message *messages;
  if (scanf("%zu", count) != 1 || *count == 0) fail("expected a number of messages");
  messages = calloc(*count, sizeof *messages);
  for (size_t i = 0; i < *count; i++) {
    struct message *each = &messages[i];
    if (scanf("%zu", &each->length) != 1 || getchar() != '\n') fail("expected a length");
    each->octets = calloc(each->length + 1, 1);
    if (fread(each->octets, 1, each->length, stdin) != each->length) fail("expected octets");
  }
  return messages;
}

static void print_text(const char *text)
{
  printf("%s\t", text == NULL ? "" : text);
}

static void print_reading(const struct reading *reading)
{
  print_uri(reading->from_uri);
  print_text("");
  print_text(reading->from_tag);
  print_uri(reading->to_uri);
  print_text("");
  print_text(reading->to_tag);
  print_text(reading->via_host);
  print_text(reading->via_branch);
  printf("%lu\t", reading->sequence);
  print_text(reading->method);
  if (reading->contact_uri != NULL) print_uri(reading->contact_uri);
  putchar('\n');
}

static void *read_or_fail(const struct message *message)
{
  void *parsed = read_message(message->octets, message->length, &kept);
  if (parsed == NULL) fail("a message cannot be parsed");
  return parsed;
}

static void read_all(const struct message *messages, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    void *parsed = read_or_fail(&messages[i]);
    print_reading(&kept);
    free_message(parsed);
  }
}

static double processor_time(void)
{
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static void run(const struct message *messages, size_t count, unsigned long times)
{
  static size_t next = 0;
  double start = processor_time();
  for (unsigned long i = 0; i < times; i++) {
    free_message(read_or_fail(&messages[next]));
    next = (next + 1) % count;
  }
  printf("%.3f\n", processor_time() - start);
}

int main(void)
{
  size_t count;
  struct message *messages = take_messages(&count);
  char command[16];
  unsigned long times;
  while (scanf("%15s", command) == 1) {
    if (strcmp(command, "read") == 0) read_all(messages, count);
    else if (strcmp(command, "run") == 0 && scanf("%lu", &times) == 1) run(messages, count, times);
    else fail("expected a command");
    fflush(stdout);
  }
  return 0;
}
