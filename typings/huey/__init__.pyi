from huey.api import Huey as Huey
from huey.api import TaskWrapper as TaskWrapper
