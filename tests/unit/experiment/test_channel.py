import os

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
