import os
import threading

from testbed.experiment.channel import Ended, Message, Progress, Sender, receive
from testbed.results import Sample

SAMPLE = Message(sample=Sample(metric="wait_ms", value=1.5, mode="full"))
LAST = Message(ended=Ended(outcome="complete", look=("kubectl",)))


def test_messages_arrive_as_they_were_sent() -> None:
    reading, writing = os.pipe()
    sent = [Message(progress=Progress(text="pods", done=1, total=2)), SAMPLE, LAST]
    sender = Sender(writing)
    for message in sent:
        sender.send(message)
    os.close(writing)
    assert list(receive(reading)) == sent


def test_what_came_before_a_sender_died_in_mid_sentence_is_kept() -> None:
    reading, writing = os.pipe()
    Sender(writing).send(SAMPLE)
    os.write(writing, b'{"sample":{"metric":"wai')
    os.close(writing)
    assert list(receive(reading)) == [SAMPLE]


def test_messages_from_several_threads_do_not_mix() -> None:
    reading, writing = os.pipe()
    sender = Sender(writing)
    long = Message(ended=Ended(outcome="failed", reason="x" * 20_000))  # more than a pipe takes in one piece

    def send() -> None:
        for _ in range(20):
            sender.send(long)

    threads = [threading.Thread(target=send) for _ in range(4)]
    received: list[Message] = []
    listener = threading.Thread(target=lambda: received.extend(receive(reading)))
    for thread in (listener, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    os.close(writing)
    listener.join()
    assert received == [long] * 80
