"""The dashboard's entry, for `ropewalk app` or `streamlit run app.py`: navigation and nothing else."""

from ropewalk.pages import show

show()
