from collections import deque

class Box:
    def __init__(self, v): self.v = v

class Stop(Exception):
    pass

kept = []
